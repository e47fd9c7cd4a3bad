"""The demo: partners with test keys, and things that stand ready under the first, of which the documentation speaks."""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import replace
from pathlib import Path

from coverage.domain.faults import Conflict, Missing, Rejected
from coverage.domain.scopes import MEANINGS, reach
from coverage.operations.demonstrating import (
    PRODUCT,
    Standing,
    demo_enrolment,
    made_up_registration,
    stand_ready,
)
from coverage.operations.enrolling import enrol
from coverage.operations.hooking import create_endpoint, delete_endpoint, ping
from coverage.operations.house import House, Work
from coverage.operations.keying import create_key, list_keys, state_of
from coverage.operations.showing import Page, latest_event, list_deliveries, list_endpoints
from coverage.operations.unlocking import caller_by_key
from coverage.storage.tenancy import Database
from coverage.web.api.docs import Examples, quote_example

SPARE = "Example"
LISTENER = "http://localhost:4242/webhooks"  # where the guide has its reader listen
DEMO_PARTNERS = (("key", "Demo Platform"), ("playing_key", "Saturday Demo"))


class Demo:
    """The demo's partners and what stands ready under the first. The second's clock is moved by `coverage demo`."""

    def __init__(self, house: House, owner: Database, data: Path) -> None:
        self.house = house
        keys = self._kept_keys(data / "demo.json") or self._new_keys(owner, data / "demo.json")
        self.key = keys["key"]
        self._caller = replace(caller_by_key(self.house, self.key, ""), actor="demo")
        self._standing: Standing | None = None
        self._lock = threading.Lock()

    def stand(self) -> Standing:
        """What stands ready now; raises a `Fault` where the rules of its product are broken."""
        with self._lock:
            self._standing = stand_ready(self.house, self._caller, self._standing)
            return self._standing

    def examples(self) -> Examples:
        """The documentation's examples, each of which works as it stands, or placeholders where nothing can stand."""
        try:
            standing = self.stand()
        except (Missing, Rejected, Conflict):
            return Examples()
        with self.house.transaction(self._caller) as tx:
            event = latest_event(tx) or Examples().event  # until the worker has sealed the first
            key = _spare_key(tx)
            endpoint, delivery = _spare_endpoint(tx, self.house)
            deletable = _endpoint(tx, self.house, f"{SPARE}, to delete")
            now = tx.now  # the partner's own clock: whoever tries the examples moves it ahead of the wall's
        return Examples(
            now=now,
            quote=standing.quote_id,
            cover=standing.cover_id,
            claim=standing.claim_id,
            event=event,
            key=key,
            endpoint=endpoint,
            delivery=delivery,
            deletable=deletable,
            invoice=standing.invoice_id,
            cancellable=standing.cancellable_id,
            changeable=standing.changeable_id,
            change=standing.change_id,
            change_end=standing.change_end,
            ipid_sha256=standing.ipid_sha256,
            registration=made_up_registration(),
            idempotency_key=secrets.token_hex(8),
            loss_at=standing.loss_at,
            declared=standing.settling.declared_id,
            closable=standing.settling.closable_id,
            closed=standing.settling.closed_id,
            exposure=standing.settling.exposure_id,
            decided=standing.settling.decided_id,
            payout=standing.settling.payout_id,
        )

    def quote_body(self) -> str:
        """A body that quotes, as JSON in one line."""
        return quote_example(self.examples())

    def _kept_keys(self, path: Path) -> dict[str, str] | None:
        """The keys that a start before this one left, unless they open nothing here."""
        try:
            found = json.loads(path.read_text())
            keys = {field: str(found[field]) for field, _ in DEMO_PARTNERS}
            for key in keys.values():
                if reach(MEANINGS) - caller_by_key(self.house, key, "").scopes:
                    return None  # left by a version in which there was less to do
        except (OSError, ValueError, LookupError, TypeError, Rejected):
            return None
        return keys

    def _new_keys(self, owner: Database, path: Path) -> dict[str, str]:
        """Keys of new partners, left in the data folder. Test keys alone; a live key is never written down."""
        products = self.house.rules().products() or (PRODUCT,)
        made, wall = {}, self.house.wall()
        for field, name in DEMO_PARTNERS:
            # It tries what partners do, and what those do who settle their claims and hand out their keys.
            made[field] = enrol(owner, demo_enrolment(name, products, wall.date()), "test", wall, MEANINGS).key
        aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        aside.touch(mode=0o600)
        aside.write_text(json.dumps(made, indent=2) + "\n")
        aside.replace(path)
        return made


def _spare_key(tx: Work) -> str:
    """The id of a key that can be rotated and revoked without a loss."""
    for key in list_keys(tx, Page(100, None, None, None))[0]:
        if key.name == SPARE and state_of(key, tx.wall) == "active":
            return key.id
    return create_key(tx, SPARE, ["covers:read"]).seen.id


def _spare_endpoint(tx: Work, house: House) -> tuple[str, str]:
    """The ids of an endpoint that can be changed, rotated and pinged, and of a delivery to it."""
    for found in list_endpoints(tx, Page(100, None, None, None))[0]:
        if found.description == SPARE and (found.state != "enabled" or found.earlier_secret is not None):
            delete_endpoint(tx, found.id)
    endpoint_id = _endpoint(tx, house, SPARE)
    told = list_deliveries(tx, Page(1, None, None, None), endpoint_id, None, None)[0]
    return endpoint_id, (told[0] if told else ping(tx, endpoint_id)).id


def _endpoint(tx: Work, house: House, name: str) -> str:
    for found in list_endpoints(tx, Page(100, None, None, None))[0]:
        if found.description == name:
            return found.id
    return create_endpoint(tx, house, LISTENER, ["invoice.paid"], name).endpoint.id
