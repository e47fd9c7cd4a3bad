"""Promise 20: a copy of the database opens nothing, and a key that is revoked opens nothing more."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import httpx2
import pytest
from sqlalchemy import text

from coverage.domain.faults import Missing
from coverage.domain.tenant import Caller
from coverage.operations.house import House
from coverage.operations.keying import revoke_key
from coverage.operations.unlocking import caller_by_key, new_key
from coverage.storage.identity import new_code
from coverage.storage.tenancy import Database
from tests.answers import the_problem
from tests.builders import Platform, a_bind, a_claim, a_risk, enrol_platform, soon
from tests.dumping import pg_dump
from tests.processes import NO_TLS
from tests.promises.another_process import another_process
from tests.promises.trial import Trial, promise

MASTER_KEY = bytes(range(32))
ALIVE_AT_MOST_SECONDS = 1.0


def written(secret: bytes) -> Iterator[str]:
    """The ways in which bytes may be written down."""
    yield from (secret.hex(), secret.hex().upper(), base64.b64encode(secret).decode().rstrip("="))
    yield base64.urlsafe_b64encode(secret).decode().rstrip("=")
    if secret.isascii() and secret.decode().isprintable():
        yield secret.decode()


class TestDump:
    @promise(
        20, "a database dump holds no key, no link, no master key and nothing personal in a form that can be used",
        unit="partners", small=3, full=60, provokes=("secrets looked for", "rows dumped"),
    )  # fmt: skip
    def test_holds_no_usable_secret(
        self, owner: Database, house: House, platform: Platform, database_url: str, trial: Trial
    ) -> None:
        secrets, tenant_id = [MASTER_KEY], ""
        for _ in trial.each():
            partner = enrol_platform(owner, house, platform.client)
            canary = f"QX{new_code(12)}"
            plate = f"Q{new_code(8)}"
            bind = a_bind(partner.quote(risk=a_risk(registration=plate, driver_born="1977-03-09")))
            bind["parties"]["policyholder"] |= {"name": f"{canary} name", "email": f"{canary}@example.org"}
            cover = partner.post("/v1/covers", bind).json()
            claim = a_claim(cover, description=f"{canary} words", loss_at=soon(seconds=-5), contact={"phone": canary})
            assert canary in partner.post("/v1/claims", claim).json()["description"]
            link = partner.get(f"/v1/covers/{cover['id']}").json()["member_url"].rpartition("/")[2]
            assert platform.client.get(f"/m/{link}", follow_redirects=False).status_code < 400
            endpoint = partner.post("/v1/webhook_endpoints", {"url": "https://platform.example/hooks"}).json()
            secrets += [endpoint["secret"].encode(), base64.b64decode(endpoint["secret"].removeprefix("whsec_"))]
            secrets += [word.encode() for word in (canary, plate, "1977-03-09", link, partner.key, partner.key[8:])]
            with house.transaction(Caller(partner.tenant, "test")) as tx:
                rows = tx.session.execute(text("SELECT subject, wrapped FROM data_keys WHERE wrapped IS NOT NULL"))
                secrets += [house.keyring.unwrap(row.wrapped, f"{partner.tenant.id}/{row.subject}") for row in rows]
            tenant_id = partner.tenant.id
        dumped = pg_dump(database_url)
        trial.met("rows dumped", dumped.count("\n"))
        for table in (
            "covers",
            "members",
            "quotes",
            "claims",
            "idempotency_keys",
            "facts",
            "credentials",
            "data_keys",
            "webhook_endpoints",
        ):
            assert f"COPY public.{table} (" in dumped
        assert tenant_id in dumped
        for secret in secrets:
            trial.met("secrets looked for")
            for spelt in written(secret):
                assert spelt not in dumped


class TestRevokedKey:
    @pytest.fixture
    def two_processes(self, served: str, database_url: str) -> Iterator[list[httpx2.Client]]:
        with (
            another_process(database_url) as address,
            httpx2.Client(base_url=served, timeout=60, trust_env=False, verify=NO_TLS) as here,
            httpx2.Client(base_url=address, timeout=60, trust_env=False, verify=NO_TLS) as there,
        ):
            yield [here, there]

    @promise(
        20, "a revoked key opens nothing on any process within a second",
        unit="keys", small=5, full=200, provokes=("opened before", "refused after"), alone=True,
    )  # fmt: skip
    def test_opens_nothing_on_any_process(
        self, two_processes: list[httpx2.Client], owner: Database, house: House, trial: Trial
    ) -> None:
        partner = enrol_platform(owner, house, two_processes[0])
        caller = Caller(partner.tenant, "test")
        for _ in trial.each():
            with house.transaction(caller) as tx:
                key = new_key(tx)
            sides = [replace(partner, key=key, client=client) for client in two_processes]
            for side in sides:
                assert side.get("/v1/covers").status_code == 200
                trial.met("opened before")
            credential = caller_by_key(house, key, "").actor
            with house.transaction(caller) as tx:
                revoke_key(tx, credential)
            revoked = time.monotonic()
            for side in sides:
                while (answer := side.get("/v1/covers")).status_code == 200:
                    assert time.monotonic() - revoked < ALIVE_AT_MOST_SECONDS
                the_problem(answer, 401, "invalid_key")
                trial.met("refused after")
        assert replace(partner, client=two_processes[1]).get("/v1/covers").status_code == 200

    @promise(
        20, "a key that is rotated opens nothing on any process once its time is over, and its successor does throughout",
        unit="keys", small=3, full=60, provokes=("opened meanwhile", "refused after"), alone=True,
    )  # fmt: skip
    def test_once_rotated_opens_nothing_when_its_time_is_over(
        self, two_processes: list[httpx2.Client], owner: Database, house: House, trial: Trial
    ) -> None:
        partner = enrol_platform(owner, house, two_processes[0])
        for _ in trial.each():
            old = partner.post("/v1/api_keys", {"name": "K", "scopes": ["covers:read"]}).json()
            answer = partner.post(f"/v1/api_keys/{old['id']}/rotate", {"expires_in": "PT1S"})
            rotated, new = time.monotonic(), answer.json()
            over = datetime.fromisoformat(partner.get(f"/v1/api_keys/{old['id']}").json()["expires_at"])
            assert over <= house.wall() + timedelta(seconds=1)
            for client in two_processes:
                before, after = (replace(partner, client=client, key=made["key"]) for made in (old, new))
                while before.get("/v1/covers").status_code == 200:
                    trial.met("opened meanwhile")
                    assert after.get("/v1/covers").status_code == 200
                    assert time.monotonic() - rotated < 1 + ALIVE_AT_MOST_SECONDS
                the_problem(before.get("/v1/covers"), 401, "invalid_key")
                assert after.get("/v1/covers").status_code == 200
                trial.met("refused after")

    def test_of_another_partner_is_none(self, platform: Platform, another_platform: Platform, house: House) -> None:
        credential = caller_by_key(house, another_platform.key, "").actor
        for named in (credential, f"{credential[:-1]}x", "key_1"):
            with pytest.raises(Missing) as caught, house.transaction(Caller(platform.tenant, "test")) as tx:
                revoke_key(tx, named)
            assert (caught.value.code, named in caught.value.detail) == ("unknown_key", False)
        assert another_platform.get("/v1/covers").status_code == 200

    def test_stays_revoked_since_when_it_was(self, platform: Platform, owner: Database, house: House) -> None:
        credential = caller_by_key(house, platform.key, "").actor
        query = text("SELECT revoked_at FROM credentials WHERE id = :id")
        seen = []
        for _ in range(2):
            with house.transaction(Caller(platform.tenant, "test")) as tx:
                revoke_key(tx, credential)
            with owner.engine.connect() as connection:
                seen.append(connection.scalar(query, {"id": credential}))
        assert seen[0] is not None
        assert seen[0] == seen[1]
