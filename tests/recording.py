"""Chooses the documentation's examples among answers that tests noted: `python -m tests.recording FOLDER`.

What is recorded already stays as long as an answer of its form was noted again, so that a new recording changes what has
changed. Secrets never get in.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from coverage.domain.kinds import KINDS
from coverage.web.api import recording
from coverage.web.api.problem_pages import UNRECORDED
from coverage.web.api.problems import PROBLEMS
from tests.openapi.writing import document

LONGEST: Final = 12_000  # bytes of an example that people still read
# What would open something, were it real: fields by name, and keys wherever they stand.
SECRET_FIELDS: Final = {
    "client_secret": "pi_3NxYw2_secret_…",
    "member_url": "https://api.sharecover.example/m/…",
}
SECRETS: Final = [(re.compile(r"\b(sk_test_|sk_live_|whsec_)[\w+/=-]+"), r"\1…")]
# Where tests run isn't where the service does.
HERE: Final = re.compile(r"http://(?:testserver|127\.0\.0\.1:\d+|localhost:\d+)")
PUBLIC: Final = "https://api.sharecover.example"

_SIGNS: Final = "00d23pnynjph9myp31nhs7atceg8y2t5p0mv"
COVERS, COVER, CHANGE = "/v1/covers", f"/v1/covers/cov_{_SIGNS}", f"/v1/changes/chg_{_SIGNS}"
CLAIM, EXPOSURE, PAYOUT = f"/v1/claims/clm_{_SIGNS}", f"/v1/exposures/exp_{_SIGNS}", f"/v1/payouts/pyo_{_SIGNS}"
# Where a code is answered that tests meet without a request.
ASKED_AT: Final = {
    code: path
    for path, codes in {
        "/v1/quotes": "not_on_sale country_needed no_tax_rate edition_frozen database_unavailable overloaded internal",
        COVERS: "amount_too_small card_unavailable empty_window invalid_disclosures invalid_parties no_master_policy "
        "no_time_to_pay object_covered payments_refused payments_unavailable quote_expired quote_not_open referred "
        "start_passed idempotency_key_in_use wrong_master_key cap_exceeded",
        COVER: "payment_processing unknown_payment",
        f"{COVER}/cancel": "cover_claimed cover_not_issued payment_disputed no_withdrawal withdrawal_over refund_pending",
        f"{COVER}/changes": "change_pending cover_ended cover_not_started invalid_change not_a_raise not_extendable "
        "not_returnable nothing_changes",
        f"{CHANGE}/confirm": "change_not_open cover_changed loss_known unknown_change",
        f"{COVER}/certificate": "blobs_unavailable rendering_busy rendering_failed rendering_out_of_memory "
        "rendering_timed_out signing_unavailable erased",
        f"{CLAIM}/exposures": "exposure_exists invalid_claim",
        f"{CLAIM}/close": "claim_closed not_decided not_paid",
        f"{CLAIM}/reopen": "claim_not_closed",
        f"{EXPOSURE}/decision": "invalid_decision not_covered_then paid_out_already unknown_exposure",
        f"{EXPOSURE}/reserve": "invalid_reserve",
        f"{EXPOSURE}/payouts": "invalid_payout",
        f"{PAYOUT}/settle": "payout_settled unknown_payout",
        "/v1/test_clock/advance": "invalid_clock not_in_live_mode",
        "/v1/bordereaux": "month_not_over report_differs reports_unavailable outgoing_unavailable unknown_partner",
        f"/v1/invoices/inv_{_SIGNS}": "invoice_not_open wrong_amount unknown_refund refund_not_failed",
        f"/v1/webhook_endpoints/whe_{_SIGNS}/deliveries/whd_{_SIGNS}/resend": "delivery_running",
        "/card-events/test": "bad_signature",
        "/card-events/prod": "unknown_account",
        "/verify/file": "checking_busy",
    }.items()
    for code in codes.split()
}


def noted(folder: Path) -> Iterator[dict[str, Any]]:
    """Each answer that was noted, once."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def cleaned(value: Any, name: str = "") -> Any:
    """A value without secrets and without this machine's address."""
    match value:
        case dict():
            return {key: cleaned(item, key) for key, item in value.items()}
        case list():
            return [cleaned(item, name) for item in value]
        case str():
            if name in SECRET_FIELDS:
                return SECRET_FIELDS[name]
            for pattern, instead in SECRETS:
                value = pattern.sub(instead, value)
            return HERE.sub(PUBLIC, value)
    return value


def form(value: Any) -> Any:
    """What a value is made of, without what it says."""
    match value:
        case dict():
            return tuple((key, form(item)) for key, item in sorted(value.items()))
        case list():
            return ("list", *sorted({repr(form(item)) for item in value}))
    return type(value).__name__


def shows(problem: dict[str, Any]) -> bool:
    """Whether a problem shows what partners meet, and not what a test thought of to try the service's patience."""
    instance, text = problem.get("instance", ""), json.dumps(problem, ensure_ascii=False)
    return len(instance) < 120 and "%" not in instance and text.isprintable() and max(text) < "\U00010000"


def chosen(found: list[Any], before: Any) -> Any:
    """The example among some answers: the one there was, if there is one of its form; else a middling one of the form
    that is most often met, with something in it.
    """
    if before is not None and form(before) in {form(one) for one in found}:
        return before
    short = [one for one in found if len(json.dumps(one)) <= LONGEST] or [
        min(found, key=lambda one: len(json.dumps(one)))
    ]
    told = [
        one for one in short if not isinstance(one, dict) or (one.get("data", True) and one.get("errors", True))
    ] or short
    often = Counter(form(one) for one in told).most_common(1)[0][0]
    alike = sorted((one for one in told if form(one) == often), key=lambda one: (len(json.dumps(one)), json.dumps(one)))
    return alike[len(alike) // 2]


class Operations:
    """The operations of the service, by where they are asked."""

    def __init__(self, paths: dict[str, Any]) -> None:
        found = [
            (
                path.count("{"),
                method.upper(),
                re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))),
                told["operationId"],
            )
            for path, item in paths.items()
            for method, told in item.items()
        ]
        # A path that is spelt out is meant before one that holds a name.
        self._found = sorted(found, key=lambda one: (one[0], one[3]))
        self.names = {name for *_, name in found}

    def at(self, method: str, target: str) -> str | None:
        """The operation that answers there."""
        path = target.partition("?")[0]
        return next((name for _, at, form, name in self._found if at == method and form.fullmatch(path)), None)


def record(folder: Path) -> dict[str, Any]:
    """The recording: what there was, brought up to what was noted in `folder`."""
    before = json.loads(recording.PATH.read_text(encoding="utf-8"))
    operations = Operations(document()["paths"])
    answers: dict[tuple[str, str, str], list[Any]] = {}
    problems: dict[str, list[Any]] = {}
    raised: dict[str, set[str]] = {name: set() for name in operations.names}
    faults: dict[str, list[Any]] = {}
    events: dict[str, list[Any]] = {}
    for one in noted(folder):
        if "event" in one:
            events.setdefault(one["event"]["type"], []).append(cleaned(one["event"]))
            continue
        if "fault" in one:
            body = cleaned(json.loads(one["fault"]))
            faults.setdefault(body["code"], []).append(body)
            continue
        try:
            body = cleaned(json.loads(one["text"]))
        except json.JSONDecodeError:
            body = cleaned(one["text"])
        operation = operations.at(one["method"], one["target"])
        if one["status"] >= 400:
            if operation is not None and isinstance(body, dict) and "code" in body:
                raised[operation].add(body["code"])
            if isinstance(body, dict) and "code" in body and shows(body):
                problems.setdefault(body["code"], []).append(body)
        elif operation is not None:
            answers.setdefault((operation, str(one["status"]), one["media"]), []).append(body)
    told = {operation: said for operation, said in before["answers"].items() if operation in operations.names}
    for (operation, status, media), found in sorted(answers.items()):
        said = told.setdefault(operation, {}).setdefault(status, {})
        said[media] = chosen(found, said.get(media))
    for code in faults.keys() - problems.keys():
        if code not in before["problems"] and code in ASKED_AT:
            # As it would have been answered, had it been asked for over HTTP.
            made = chosen(faults[code], None)
            problems[code] = [made | {"instance": ASKED_AT[code], "request_id": "req_4f1c9a70d2b84e6a93be2c5d8071f6a4"}]
    known = before["problems"] | {code: chosen(found, before["problems"].get(code)) for code, found in problems.items()}
    codes = {name: sorted(found | set(before["raised"].get(name, ()))) for name, found in sorted(raised.items())}
    return {
        "answers": dict(sorted(told.items())),
        "events": {
            kind: chosen(events[kind], before["events"].get(kind)) if kind in events else before["events"][kind]
            for kind in KINDS
            if kind in events or kind in before["events"]
        },
        "problems": {code: known[code] for code in sorted(known) if code in PROBLEMS},
        "raised": {name: [code for code in found if code in PROBLEMS] for name, found in codes.items()},
    }


if __name__ == "__main__":
    text = json.dumps(record(Path(sys.argv[1])), indent=1, ensure_ascii=False)
    recording.PATH.write_text(text + "\n", encoding="utf-8")
    if met := UNRECORDED.keys() & json.loads(text)["problems"].keys():
        print(f"Met by now, so needn't stand in UNRECORDED: {', '.join(sorted(met))}")  # noqa: T201
