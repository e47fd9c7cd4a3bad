"""`coverage demo --card`: a cover's whole life, paid by card at a stand-in, with the journal that it leaves."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

PATIENCE_SECONDS: Final = 20
LOOK_AGAIN_SECONDS: Final = 0.2


class NotSettled(Exception):
    """What was paid wasn't noted in time."""


class Member:
    """What a member's browser does at the stand-in with a client secret, and nobody else can."""

    def __init__(self, address: str, key: str) -> None:
        import httpx2

        self._client = httpx2.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=20)

    def pay(self, client_secret: str, card: str) -> str:
        """Pays with one of Stripe's test cards; answers what became of it."""
        intent = client_secret.partition("_secret_")[0]
        answer = self._client.post(f"/v1/payment_intents/{intent}/confirm", data={"payment_method": card})
        found: dict[str, Any] = answer.json()
        return str(found.get("status") or found["error"].get("decline_code") or found["error"]["message"])


def member_at(folder: Path) -> Member:
    """A member at the stand-in of the service with that data folder; raises `OSError` or `ValueError` where it has none."""
    told = json.loads((folder / "card-stand-in.json").read_text())
    return Member(str(told["address"]), str(told["key"]))


def play_by_card(
    call: Callable[..., Any],
    tell: Callable[[str], None],
    bind: dict[str, Any],
    member: Member,
    out: Path,
) -> None:
    """Binds, is declined, pays, extends, pays again, claims too early, cancels, and shows what is left in the books: what an
    expert cost.

    `call` sends a request to the service and prints it, `tell` says what happens elsewhere. Raises `NotSettled`.
    """
    cover = call("POST", "/v1/covers", bind | {"payment": {"method": "card"}}, safe=False)
    path = f"/v1/covers/{cover['id']}"
    waits = call("GET", path)
    secret = waits["payment"]["client_secret"]
    tell(f"The member tries a card that is declined: {member.pay(secret, 'pm_card_chargeDeclined')}.")
    tell(f"The member tries another: {member.pay(secret, 'pm_card_visa')}.")
    paid = _settled(call, path, lambda seen: seen["state"] in ("scheduled", "on_risk"))
    pdf = call("GET", f"{path}/certificate?language=en")
    (out / f"{cover['number']}.pdf").write_bytes(pdf)
    longer = {"kind": "extend", "end": (datetime.fromisoformat(paid["end"]) + timedelta(days=1)).isoformat()}
    change = call("POST", f"{path}/changes", longer, safe=False)
    declared = {"no_known_loss": True, "declared_at": call("GET", "/v1/test_clock")["now"]}
    call("POST", f"/v1/changes/{change['id']}/confirm", declared, safe=False)
    secret = call("GET", f"/v1/changes/{change['id']}")["payment"]["client_secret"]
    tell(f"The member pays the difference: {member.pay(secret, 'pm_card_visa')}.")
    _settled(call, path, lambda seen: len(seen["transactions"]) > 1)
    pdf = call("GET", f"{path}/certificate?language=en")
    (out / f"{cover['number']}-2.pdf").write_bytes(pdf)
    _claim(call, tell, cover["id"])
    call("POST", f"{path}/cancel", {"preview": True}, safe=False)
    call("POST", f"{path}/cancel", {}, safe=False)
    tell(f"The certificates lie in {out}. The journal: ./dev run ledger show {cover['id']}")


def _claim(call: Callable[..., Any], tell: Callable[[str], None], cover_id: str) -> None:
    """A loss from before the cover begins: an expert looks at it and is paid, and nothing is owed."""
    euros = {"amount": 6_000, "currency": "EUR"}
    loss = {"section": "goods_carried", "estimate": euros}
    now = call("GET", "/v1/test_clock")["now"]
    body = {"cover": cover_id, "loss_at": now, "cause": "accident", "description": "A lamp fell.", "losses": [loss]}
    claim = call("POST", "/v1/claims", body, safe=False)
    exposure = f"/v1/exposures/{claim['exposures'][0]['id']}"
    expert = {"reference": "expert-7", "name": "Ada Expert", "iban": "FR14 2004 1010 0505 0001 3M02 606"}
    fee = {"kind": "fees", "amount": {"amount": 1_800, "currency": "EUR"}, "payee": expert}
    payout = call("POST", f"{exposure}/payouts", fee, safe=False)
    tell("The expert's fee is transferred by bank.")
    told = {"outcome": "paid", "bank_reference": "SCT-2026-0031"}
    call("POST", f"/v1/payouts/{payout['id']}/settle", told, safe=False)
    verdict = {"decision": "repudiated", "because": "It fell before the cover begins, as the expert found."}
    call("POST", f"{exposure}/decision", verdict, safe=False)
    call("POST", f"/v1/claims/{claim['id']}/close", {}, safe=False)


def _settled(call: Callable[..., Any], path: str, done: Callable[[Any], bool]) -> Any:
    """The cover once the processor's event has come, or else because it was read."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not done(seen := call("GET", path)):
        if time.monotonic() > until:
            raise NotSettled(path)
        time.sleep(LOOK_AGAIN_SECONDS)
    return seen
