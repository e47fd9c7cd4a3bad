"""Alembic's way in: the connection comes from `migrations.upgrade`, never from a settings file."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
