"""The member's pages as HTML. No script, no style inside the page, no address but our own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from coverage.domain.certificate import Certificate
from coverage.messages import Words
from coverage.operations.paying import CoverRead, Heard

# Where the web app serves the folder `assets/`.
ASSETS_URL = "/member/assets"
ASSETS = Path(__file__).with_name("assets")

# What the pages need, and all that they may get.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

State = Literal[
    "scheduled", "on_risk", "ended", "cancelled", "awaiting_payment", "processing", "checking", "lapsed", "paid_late",
    "payment_disputed", "payment_lost", "not_taken_up",
]  # fmt: skip
Notice = Literal["paid", "unreachable"]

# The title of each state and its sentence, which may name an instant and the partner.
_STATES: Final[Mapping[State, tuple[str, str]]] = {
    "scheduled": ("member.scheduled", "member.scheduled_sentence"),
    "on_risk": ("member.on_risk", "member.on_risk_sentence"),
    "ended": ("member.ended", "member.ended_sentence"),
    "cancelled": ("member.cancelled", "member.cancelled_sentence"),
    "awaiting_payment": ("member.awaiting_payment", "member.awaiting_payment_sentence"),
    "processing": ("member.processing", "member.processing_sentence"),
    "checking": ("member.checking", "member.checking_sentence"),
    "lapsed": ("member.lapsed", "member.lapsed_sentence"),
    "paid_late": ("member.paid_late", "member.paid_late_sentence"),
    "payment_disputed": ("member.payment_disputed", "member.payment_disputed_sentence"),
    "payment_lost": ("member.payment_lost", "member.payment_lost_sentence"),
    "not_taken_up": ("member.not_taken_up", "member.not_taken_up_sentence"),
}
_DOCUMENTS: Final[Mapping[str, str]] = {
    "terms": "member.document_terms",
    "ipid": "member.document_ipid",
    "calendar": "member.document_calendar",
    "wallet": "member.document_wallet",
}
# In these nothing is promised: neither what would have been covered nor what it would have cost is told any more.
_NOTHING: Final = ("lapsed", "paid_late", "not_taken_up")

_NOTICES: Final[Mapping[Notice, str]] = {"paid": "member.notice_paid", "unreachable": "member.notice_unreachable"}

# Why a card was refused, where its holder can do something about it (https://docs.stripe.com/declines/codes). Of a card
# that is lost, stolen or suspected, no more is told than that it was declined.
_DECLINED: Final[Mapping[str, str]] = {
    "insufficient_funds": "member.declined_funds",
    "expired_card": "member.declined_expired",
    "incorrect_cvc": "member.declined_cvc",
    "invalid_cvc": "member.declined_cvc",
    "authentication_required": "member.declined_unconfirmed",
    "payment_intent_authentication_failure": "member.declined_unconfirmed",
}

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# The style sheet's address changes with its content, so that it may be cached for ever.
_environment.globals["stylesheet"] = (
    f"{ASSETS_URL}/member.css?v={hashlib.sha256((ASSETS / 'member.css').read_bytes()).hexdigest()[:12]}"
)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the page leads: the certificate, this page in each language on offer, and the form that goes on to pay."""

    certificate: str
    languages: Mapping[str, str]
    documents: Mapping[Literal["terms", "ipid", "calendar", "wallet"], str]  # what else there is of it
    pay: str  # takes the cover's number, so that a form which was opened for another cover pays nothing


@dataclass(frozen=True, slots=True)
class LookAgain:
    """That the page is to be asked for again by itself, and where."""

    seconds: int
    address: str


def render(template: str, **values: object) -> str:
    """A page from its template, which escapes whatever it shows."""
    return _environment.get_template(template).render(values)


def state_of(read: CoverRead, heard: Heard = "known") -> State:
    """What a cover is to its member, after what was heard of its payment."""
    if read.phase == "awaiting_payment":
        if heard == "processing":
            return "processing"
        return "checking" if heard == "unknown" or read.due is None or read.due.over else "awaiting_payment"
    if read.phase == "lapsed" and any(back.came_late for back in read.back):
        return "paid_late"
    if read.phase == "payment_disputed" and read.dispute_lost:
        return "payment_lost"
    return cast(State, read.phase)


def is_payable(read: CoverRead, heard: Heard = "known") -> bool:
    """Whether the page asks to pay, and so has a form."""
    return read.due is not None and not read.due.over and heard == "known"


def policy_with_form(checkout_origins: Iterable[str]) -> str:
    """What a page that asks to pay may get: its form, which leads on to one of those origins.

    Browsers hold `form-action` against redirects too (https://www.w3.org/TR/CSP3/#directive-form-action).
    """
    return CONTENT_SECURITY_POLICY.replace("form-action 'none'", " ".join(["form-action 'self'", *checkout_origins]))


def render_cover_page(
    read: CoverRead,
    words: Words,
    addresses: Addresses,
    *,
    heard: Heard = "known",
    notice: Notice | None = None,
    look_again: LookAgain | None = None,
) -> str:
    """The page of one cover."""
    said, state = read.said, state_of(read, heard)
    title, sentence = _STATES[state]
    begins = ("scheduled", "awaiting_payment")
    instant = said.starts_at if state in begins else said.cancelled_at if state == "cancelled" else said.ends_at
    if state == "awaiting_payment" and read.due is not None and not read.due.lasts_from_payment:
        sentence = "member.awaiting_payment_begins"
    return _environment.get_template("cover.html").render(
        said=said,
        certificate=said if isinstance(said, Certificate) else None,
        read=read,
        state=state,
        is_nothing=state in _NOTHING,
        is_payable=is_payable(read, heard),
        heard=heard,
        state_title=words.text(title),
        state_sentence=words.text(
            sentence, instant=words.instant(instant or said.ends_at, said.timezone), partner=said.partner
        ),
        notice=words.text(_NOTICES[notice]) if notice else None,
        declined=words.text(_declined(read)) if _declined(read) and is_payable(read, heard) else None,
        look_again=look_again,
        document_names=_DOCUMENTS,
        words=words,
        addresses=addresses,
        languages=[(code, Words(code).text("member.this_language"), url) for code, url in addresses.languages.items()],
    )


def _declined(read: CoverRead) -> str:
    """The sentence that tells why the last card was refused; "" where none was."""
    code = read.due.declined if read.due else None
    return _DECLINED.get(code, "member.declined") if code else ""


def render_gone_page(words: Words) -> str:
    """The page behind a link that is unknown or expired: it never tells which of the two."""
    return _message(words, "member.gone", "member.gone_sentence")


def render_not_yet_page(words: Words) -> str:
    """The page where a cover has no certificate: one that was never paid, say."""
    return _message(words, "member.no_certificate", "member.no_certificate_sentence")


def render_away_page(words: Words) -> str:
    """The page while nothing can be looked up."""
    return _message(words, "member.away", "member.away_sentence")


def render_refused_page(words: Words) -> str:
    """The page for a payment that another site began."""
    return _message(words, "member.refused", "member.refused_sentence")


def _message(words: Words, title: str, sentence: str) -> str:
    template = _environment.get_template("message.html")
    return template.render(words=words, title=words.text(title), sentence=words.text(sentence))
