"""Promise 13: the database itself keeps tenants' rows apart, on connections that they take in turn."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import event, text

from coverage.operations.house import House
from coverage.storage.tenancy import OUTSIDE, READ_BY_WORKER, Database, Role
from coverage.web.app import create_app
from tests.answers import the_problem
from tests.builders import Platform, a_bind, enrol_platform
from tests.processes import NO_TLS
from tests.promises.apart import AN_ID
from tests.promises.trial import Trial, promise
from tests.serving import at_once, serving

ROLES: tuple[Role, Role] = ("sharecover_app", "sharecover_worker")
# Whose a row is, where that is another column than tenant_id.
BY_ANOTHER_COLUMN = {
    "tenants": "(id = current_tenant())", "partners": "(id = split_part(current_tenant(), ':'::text, 1))",
}  # fmt: skip
CALLERS, CONNECTIONS = 8, 3

TABLES = """
    SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS forced, c.relowner::regrole::text AS owner,
        (SELECT array_agg(ARRAY[p.polname::text, p.polcmd::text, p.polroles::regrole[]::text,
            pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)] ORDER BY p.polname DESC)
            FROM pg_policy p WHERE p.polrelid = c.oid) AS policies
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1
"""


@pytest.fixture
def databases(database_url: str) -> Iterator[list[Database]]:
    """The database in each role of the service."""
    found = [Database.connect(database_url, role, pool_size=1) for role in ROLES]
    yield found
    for database in found:
        database.close()


class TestTables:
    @promise(
        13, "every tenant's table has forced row-level security and an owner whom the service isn't; the rest is a written list",
        unit="tables", small=25, full=25, provokes=("rows of a tenant",),
    )  # fmt: skip
    def test_show_nothing_without_a_tenant(
        self, platform: Platform, owner: Database, databases: list[Database], trial: Trial
    ) -> None:
        platform.claim(platform.cover(platform.quote(start="at_issue", end=None, duration="PT1H")))
        with owner.engine.connect() as connection:
            tables = {row.relname: row for row in connection.execute(text(TABLES))}
        assert {name for name, row in tables.items() if not row.forced} == set(OUTSIDE)
        for name, row in tables.items():
            trial.done()
            assert row.owner not in ROLES, name
            if name in OUTSIDE:
                continue
            mine = BY_ANOTHER_COLUMN.get(name, "(tenant_id = current_tenant())")
            reading = [["for_worker", "r", "{sharecover_worker}", "(CURRENT_USER = 'sharecover_worker'::name)", None]]
            assert row.policies == [["of_tenant", "*", "{-}", mine, mine], *(reading if name in READ_BY_WORKER else [])]
            count = text(f"SELECT count(*) FROM {name}")  # noqa: S608
            for database in databases:
                with database.transaction(platform.tenant) as session:
                    found = session.scalar(count)
                    trial.met("rows of a tenant", found or 0)
                with database.outside() as session:
                    seen = database.role == "sharecover_worker" and name in READ_BY_WORKER
                    assert seen or session.scalar(count) == 0, (name, database.role)
            with owner.engine.connect() as connection:
                assert connection.scalar(count) == 0, name


@pytest.fixture
def shared(database_url: str, house_with: Callable[..., House]) -> Iterator[tuple[str, Database]]:
    """The service on a socket, with fewer connections to its database than callers; and that database."""
    database = Database.connect(database_url, pool_size=CONNECTIONS, pool_wait=60)
    with serving(create_app(house_with(database=database))) as address:
        yield address, database
    database.close()


class TestRequests:
    @promise(
        13, "requests that take pooled connections in turn get their own tenant's rows alone",
        unit="requests", small=400, full=10_000, provokes=("on a connection of another tenant before", "listed", "refused"),
    )  # fmt: skip
    def test_leave_nothing_on_a_connection(
        self, owner: Database, house: House, shared: tuple[str, Database], trial: Trial
    ) -> None:
        address, database = shared
        last: dict[int, str] = {}

        def note(_: Any, cursor: Any, __: str, parameters: Any, *___: Any) -> None:
            tenant = parameters.get("tenant") if isinstance(parameters, dict) else None
            if tenant:
                before, last[id(cursor.connection)] = last.get(id(cursor.connection), tenant), tenant
                trial.met("on a connection of another tenant before", before != tenant)

        limits = httpx2.Limits(max_connections=CALLERS)
        with httpx2.Client(base_url=address, timeout=60, limits=limits, trust_env=False, verify=NO_TLS) as client:
            partners = [enrol_platform(owner, house, client) for _ in range(4)]
            covers = [partner.cover() for partner in partners]
            event.listen(database.engine, "before_cursor_execute", note)
            while trial.tried < trial.size:
                seeds = [trial.random.random() for _ in range(CALLERS)]
                each = min(50, -(-(trial.size - trial.tried) // CALLERS))

                def call(index: int, seeds: list[float] = seeds, each: int = each) -> None:
                    chance = random.Random(seeds[index])
                    for _ in range(each):
                        ask(chance, partners, covers, trial)

                at_once(CALLERS, call)
                trial.done(each * CALLERS)
        assert len(last) <= CONNECTIONS


def ask(chance: random.Random, partners: list[Platform], covers: list[dict[str, Any]], trial: Trial) -> None:
    """One request of one of the partners, some of them for another's thing, and some that fail half-way."""
    mine, theirs = chance.sample(range(len(partners)), 2)
    partner = partners[mine]
    match chance.randrange(4):
        case 0:
            listed = partner.get("/v1/covers").json()["data"]
            assert [cover["id"] for cover in listed] == [covers[mine]["id"]]
            others = {named for cover in covers if cover is not covers[mine] for named in AN_ID.findall(str(cover))}
            assert not others & set(AN_ID.findall(str(listed)))
            trial.met("listed")
        case 1:
            assert partner.get(f"/v1/covers/{covers[mine]['id']}").json()["quote"] == covers[mine]["quote"]
        case 2:
            the_problem(partner.get(f"/v1/covers/{covers[theirs]['id']}"), 404, "unknown_cover")
            trial.met("refused")
        case 3:
            quote = {"id": covers[theirs]["quote"], "ipid": {"sha256": "0" * 64, "language": "en"}}
            answer = partner.post("/v1/covers", a_bind(quote | {"created_at": covers[theirs]["created_at"]}))
            the_problem(answer, 404, "unknown_quote")
            trial.met("refused")
