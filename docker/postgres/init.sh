#!/bin/sh
# Run once by the image of PostgreSQL, on an empty database: who owns the schema, who serves, and who backs up.
set -eu

secrets=${SECRETS:-/run/secrets}
owner=$(cat "$secrets/owner_password")
login=$(cat "$secrets/login_password")
backup=$(cat "$secrets/backup_password")

# By way of the input: a command line is seen by others.
psql -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-sharecover}" <<SQL
CREATE ROLE sharecover_app NOLOGIN NOBYPASSRLS;
CREATE ROLE sharecover_worker NOLOGIN NOBYPASSRLS;
CREATE ROLE sharecover_owner LOGIN CREATEROLE PASSWORD '$owner';
CREATE ROLE sharecover_login LOGIN NOINHERIT PASSWORD '$login';
CREATE ROLE sharecover_backup LOGIN BYPASSRLS PASSWORD '$backup';
GRANT pg_read_all_data TO sharecover_backup;
GRANT sharecover_app, sharecover_worker TO sharecover_owner WITH ADMIN OPTION;
GRANT sharecover_app, sharecover_worker TO sharecover_login;
ALTER DATABASE ${POSTGRES_DB:-sharecover} OWNER TO sharecover_owner;
SQL
