"""What the partners' isolation is tried with: a row for every operation of the API, four tenants, and all that is kept.

A new operation needs a row here, and in `tests/web/api/bodies.py` a body where it takes one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import httpx2
from sqlalchemy import text

from coverage.domain.ids import ALPHABET, LENGTH
from coverage.domain.scopes import MEANINGS
from coverage.domain.tenant import Caller, Tenant
from coverage.operations.demonstrating import demo_enrolment
from coverage.operations.enrolling import enrol
from coverage.operations.house import House
from coverage.operations.invoicing import close_early
from coverage.storage.tenancy import OUTSIDE, Database
from tests.answers import the_problem
from tests.builders import PRODUCTS, Platform, a_party, a_risk, enrol_platform, soon
from tests.logs import seal_all
from tests.web.api.bodies import Posting, a_delivery, a_key, an_endpoint, decided, ordered, postings, put

# Where an operation names a partner's own things, and what kind of thing it is. A place is "path/…", "query/…" or
# "body/…"; an operation without any tells or makes what is the asker's alone.
ROWS: Final[Mapping[str, Mapping[str, str]]] = {
    "listProducts": {},
    "retrieveProduct": {},
    "retrieveInformationDocument": {},
    "retrieveInformationDocumentPdf": {},
    "priceRisks": {},
    "createQuote": {},
    "retrieveQuote": {"path/quote_id": "quote"},
    "createCover": {"body/quote": "quote"},
    "listCovers": {"query/starting_after": "cover", "query/policyholder": "person"},
    "retrieveCover": {"path/cover_id": "cover"},
    "cancelCover": {"path/cover_id": "cover"},
    "createChange": {"path/cover_id": "cover"},
    "retrieveChange": {"path/change_id": "change"},
    "confirmChange": {"path/change_id": "change"},
    "retrieveCertificate": {"path/cover_id": "cover"},
    "listDocuments": {"path/cover_id": "cover"},
    "retrieveTerms": {"path/cover_id": "cover"},
    "retrieveCoverInformation": {"path/cover_id": "cover"},
    "retrieveCalendar": {"path/cover_id": "cover"},
    "createClaim": {"body/cover": "cover"},
    "listClaims": {"query/starting_after": "claim", "query/cover": "cover"},
    "retrieveClaim": {"path/claim_id": "claim"},
    "retrieveReceipt": {"path/claim_id": "claim"},
    "createExposure": {"path/claim_id": "claim"},
    "retrieveExposure": {"path/exposure_id": "exposure"},
    "decideExposure": {"path/exposure_id": "exposure"},
    "reserveExposure": {"path/exposure_id": "exposure"},
    "createPayout": {"path/exposure_id": "exposure"},
    "listPayouts": {"query/starting_after": "payout", "query/claim": "claim"},
    "retrievePayout": {"path/payout_id": "payout"},
    "settlePayout": {"path/payout_id": "payout"},
    "closeClaim": {"path/claim_id": "claim"},
    "reopenClaim": {"path/claim_id": "claim"},
    "listInvoices": {"query/starting_after": "invoice"},
    "retrieveInvoice": {"path/invoice_id": "invoice"},
    "retrieveInvoicePdf": {"path/invoice_id": "invoice"},
    "retrieveInvoiceCsv": {"path/invoice_id": "invoice"},
    "retrieveBordereau": {},
    "listEvents": {"query/starting_after": "event", "query/subject": "cover"},
    "retrieveEvent": {"path/event_id": "event"},
    "createApiKey": {},
    "listApiKeys": {"query/starting_after": "key"},
    "retrieveApiKey": {"path/key_id": "key"},
    "rotateApiKey": {"path/key_id": "key"},
    "revokeApiKey": {"path/key_id": "key"},
    "createWebhookEndpoint": {},
    "listWebhookEndpoints": {"query/starting_after": "endpoint"},
    "retrieveWebhookEndpoint": {"path/endpoint_id": "endpoint"},
    "updateWebhookEndpoint": {"path/endpoint_id": "endpoint"},
    "deleteWebhookEndpoint": {"path/endpoint_id": "endpoint"},
    "enableWebhookEndpoint": {"path/endpoint_id": "endpoint"},
    "rotateWebhookSecret": {"path/endpoint_id": "endpoint"},
    "pingWebhookEndpoint": {"path/endpoint_id": "endpoint"},
    "listWebhookDeliveries": {
        "path/endpoint_id": "endpoint",
        "query/starting_after": "delivery",
        "query/event": "event",
    },
    "retrieveWebhookDelivery": {"path/endpoint_id": "endpoint", "path/delivery_id": "delivery"},
    "resendWebhookDelivery": {"path/endpoint_id": "endpoint", "path/delivery_id": "delivery"},
    "retrieveTestClock": {},
    "advanceTestClock": {},
}
# Moves the clock of test tenants alone.
NOT_IN_LIVE_MODE: Final = {"advanceTestClock"}

AN_ID: Final = re.compile(rf"\b[a-z]{{3}}_[{ALPHABET}]{{{LENGTH}}}\b")
# About this very exchange.
OWN_HEADERS: Final = {"request-id", "date"}


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as the OpenAPI document tells it."""

    name: str
    method: str
    path: str
    told: Mapping[str, Any]

    def missing(self) -> str | None:
        """What its row lacks, in words; None when it lacks nothing."""
        row = ROWS.get(self.name)
        if row is None:
            return (
                f"{self.name} has no row in tests/promises/apart.py: say in ROWS which of a partner's things it names "
                'and where ("path/cover_id": "cover"), or {} where it names none; where it takes a body, say in '
                "`postings` of tests/web/api/bodies.py how a right one looks"
            )
        unsaid = sorted(self._naming() - set(row))
        if unsaid:
            return (
                f"{self.name} names things of a partner's at {', '.join(unsaid)}: its row in ROWS doesn't say what kind"
            )
        unknown = sorted(place for place in row if not self._has(place))
        return f"{self.name} has no {', '.join(unknown)} any more: its row in ROWS says so" if unknown else None

    def _naming(self) -> set[str]:
        """Where the document itself shows an id, or speaks of one."""
        parameters = [found for found in self.told.get("parameters", []) if found["in"] in ("path", "query")]
        named = {
            f"{found['in']}/{found['name']}"
            for found in parameters
            if found["name"].endswith("_id")
            or found["name"] == "starting_after"
            or AN_ID.fullmatch(str(found.get("example")))
        }
        return named | {f"body/{name}" for name, value in self._body().items() if AN_ID.fullmatch(str(value))}

    def _has(self, place: str) -> bool:
        where, name = place.split("/")
        return name in self._body() or (where, name) in {
            (found["in"], found["name"]) for found in self.told.get("parameters", [])
        }

    def _body(self) -> dict[str, Any]:
        content = self.told.get("requestBody", {}).get("content", {}).get("application/json", {})
        example: dict[str, Any] = content.get("example", {})
        return example


def operations(client: httpx2.Client) -> list[Operation]:
    """Every operation that the running service tells of."""
    document = client.get("/openapi.json").json()
    return [
        Operation(told["operationId"], method.upper(), path, told)
        for path, item in document["paths"].items()
        for method, told in item.items()
    ]


@dataclass
class Side:
    """A tenant with one of each thing. All sides name the same people and objects."""

    platform: Platform
    makers: dict[str, Callable[[], Posting]] = field(init=False)

    @property
    def tenant(self) -> Tenant:
        return self.platform.tenant

    @cached_property
    def things(self) -> dict[str, str]:
        """The id of one of each kind of thing, and a person's reference."""
        person = {"policyholder": a_party(reference=f"emp-of-{self.tenant.id}")}
        quote = self.platform.quote(risk=a_risk(registration="AB-123-CD"))
        cover = self.platform.cover(self.platform.quote(risk=a_risk(registration="AB-123-CD")), parties=person)
        longer = {"kind": "extend", "end": soon(days=8)}
        change = self.platform.post(f"/v1/covers/{cover['id']}/changes", longer).json()
        claim = self.platform.claim(cover, loss_at=soon(seconds=-60))
        self.makers = postings(self.platform)
        running = self.platform.cover(self.platform.quote(start="at_issue", end=None, duration="PT12H"))
        endpoint = an_endpoint(self.platform)
        return {
            "quote": quote["id"],
            "cover": cover["id"],
            "change": change["id"],
            "claim": claim["id"],
            "exposure": decided(self.platform, running),
            "payout": ordered(self.platform, running),
            "person": person["policyholder"]["reference"],
            "key": a_key(self.platform),
            "endpoint": endpoint,
            "delivery": a_delivery(self.platform, endpoint),
        }

    def asking(self, operation: Operation, place: str = "") -> Callable[[str], httpx2.Response]:
        """How this side asks: for what is its own, but at `place` for what the call names. What it takes is made here."""
        posting = self.makers[operation.name]() if operation.method == "POST" else None
        values = {found["name"]: found.get("example") for found in operation.told.get("parameters", [])}
        values |= {spot[5:]: self.things[kind] for spot, kind in ROWS[operation.name].items() if spot[:5] == "path/"}
        if operation.method == "DELETE" and not place:
            values["endpoint_id"] = an_endpoint(self.platform)  # the one that is kept is asked for again
        required = {
            found["name"]: found["example"]
            for found in operation.told.get("parameters", [])
            if found["in"] == "query" and found.get("required")
        }
        where, _, name = place.partition("/")

        def ask(named: str = "") -> httpx2.Response:
            path = operation.path.format(**values | ({name: named} if where == "path" else {}))
            query = required | ({name: named} if where == "query" else {})
            if posting is None:
                return self.platform.call(operation.method, path, params=query)
            body = put(posting.body, (name,), named) if where == "body" else posting.body
            return self.platform.post(path if place else posting.path, body, params=query)

        return ask


def four_sides(owner: Database, house: House, client: httpx2.Client) -> list[Side]:
    """Two partners, each in both modes: the first's test and live, the second's test and live."""
    sides = []
    for _ in range(2):
        test = enrol_platform(owner, house, client)
        sides += [Side(test), Side(_in_live_mode(owner, house, test))]
    for side in sides:
        assert side.things
        with house.transaction(Caller(side.tenant, "test")) as tx:
            close_early(tx)
        side.things["invoice"] = side.platform.get("/v1/invoices").json()["data"][0]["id"]
    seal_all(owner, house)
    for side in sides:
        side.things["event"] = side.platform.get("/v1/events").json()["data"][0]["id"]
    return sides


def _in_live_mode(owner: Database, house: House, platform: Platform) -> Platform:
    """The same partner in live mode, with a master policy like the one that it has in test mode."""
    wall = house.wall()
    enrolment = replace(demo_enrolment("", PRODUCTS, wall.date()), partner=None, partner_id=platform.tenant.partner_id)
    made = enrol(owner, enrolment, "live", wall, MEANINGS)
    return replace(platform, tenant=made.tenant, key=made.key)


def twin(named: str) -> str:
    """An id or a reference like `named`, but of nothing: only its last sign differs, so that it sorts as `named` does."""
    return named[:-1] + ("x" if named[-1] != "x" else "y")


def told(answer: httpx2.Response) -> tuple[int, dict[str, str], Any]:
    """An answer without what may differ from one request to the next."""
    headers = {name: value for name, value in answer.headers.items() if name not in OWN_HEADERS}
    if answer.status_code < 300:
        is_json = answer.headers["content-type"].startswith("application/json")
        return answer.status_code, headers, answer.json() if is_json else answer.content
    problem = {name: value for name, value in the_problem(answer).items() if name not in ("request_id", "instance")}
    return answer.status_code, headers, problem


@dataclass(frozen=True, slots=True)
class Kept:
    """All that the database keeps: of each tenant, and outside of all, every row of every table."""

    rows: dict[tuple[str, str], list[str]]  # by tenant ("" for none) and table

    @classmethod
    def of(cls, owner: Database, tenants: Sequence[Tenant]) -> Kept:
        """What is kept now, read as the database's owner."""
        rows: dict[tuple[str, str], list[str]] = {}
        ids = [tenant.id for tenant in tenants]
        with owner.engine.connect() as connection:
            columns = "SELECT table_name, bool_or(column_name = 'tenant_id') FROM information_schema.columns"
            tables = connection.execute(text(f"{columns} WHERE table_schema = 'public' GROUP BY 1")).all()
            for tenant_id in ["", *ids]:
                connection.execute(text("SELECT set_config('sharecover.tenant', :id, true)"), {"id": tenant_id})
                for table, owned in tables:
                    if (table in OUTSIDE) == (tenant_id == ""):
                        mine = " WHERE tenant_id = ANY(:ids)" if owned else ""
                        # When a key was last used is noted whenever one asks.
                        row = "(to_jsonb(t) - 'last_used_at')" if table == "credentials" else "t"
                        query = text(f"SELECT {row}::text FROM {table} t{mine}")  # noqa: S608
                        rows[tenant_id, table] = sorted(connection.scalars(query, {"ids": ids} if owned else {}))
        return cls(rows)

    def of_others(self, tenant: Tenant) -> dict[tuple[str, str], list[str]]:
        """What isn't that tenant's: rows of others, and those outside that name others."""
        others = {place[0] for place in self.rows} - {tenant.id, ""}
        found = {place: rows for place, rows in self.rows.items() if place[0] in others}
        for (_, table), rows in [item for item in self.rows.items() if item[0][0] == ""]:
            found["", table] = [row for row in rows if any(other in row for other in others)]
        return found

    def ids(self, tenant: Tenant) -> set[str]:
        """Every id in that tenant's rows."""
        return {
            found
            for place, rows in self.rows.items()
            if place[0] == tenant.id
            for row in rows
            for found in AN_ID.findall(row)
        }


def pairs(sides: list[Side], *, same_partner: bool) -> Iterator[tuple[Side, Side]]:
    """Who asks, and whose things are asked for."""
    for asker in sides:
        for other in sides:
            if asker is not other and (asker.tenant.partner_id == other.tenant.partner_id) == same_partner:
                yield asker, other
