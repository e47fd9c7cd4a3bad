"""What the API takes, field by field, and the words that its answers share. Unknown fields are refused; money is minor
units beside its currency.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictInt,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from coverage.messages import LANGUAGES

# Ten thousand million units: no loss comes to it, and a million of them can still be added up.
MOST: Final = 10**12
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]([01]\d|2[0-3]):\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.ASCII)
# Digits of a duration's days, hours, minutes and seconds: a year and more of each.
_DURATION_DIGITS: Final = (4, 5, 6, 8)
EARLIEST, LATEST = 2000, 2199


def _instant(value: object) -> datetime:
    """RFC 3339 with an offset; seconds may be left out."""
    expected = "an instant with its offset such as 2026-12-05T08:00:00+01:00"
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise PydanticCustomError("instant", "expected {expected}", {"expected": expected})
    try:
        found = datetime.fromisoformat(value.upper())
        if EARLIEST <= found.year <= LATEST:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise PydanticCustomError(
        "instant", "expected a moment of the calendar from {a} to {b}", {"a": EARLIEST, "b": LATEST}
    )


def _start(value: object) -> datetime | str:
    return "at_issue" if value == "at_issue" else _instant(value)


def _duration(value: object) -> timedelta:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or not any(match.groups()):
        raise PydanticCustomError("duration", 'expected an ISO 8601 duration such as "PT12H" or "P2D"')
    parts = [(part or "").lstrip("0") for part in match.groups()]
    if any(len(part) > digits for part, digits in zip(parts, _DURATION_DIGITS, strict=True)):
        raise PydanticCustomError("duration", "expected at most P9999D, PT99999H, PT999999M or PT99999999S")
    days, hours, minutes, seconds = (int(part or 0) for part in parts)
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "format": "duration", "description": "ISO 8601: PT12H, P2D."}),
]


def _born(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("born", "expected a day of the calendar such as 1990-05-01") from None
    return text


def instant_text(instant: datetime) -> str:
    """An instant as answers carry it: UTC, whole seconds unless there are parts of one."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "RFC 3339, with an offset."}),
]
Born = Annotated[
    str,
    Field(
        min_length=10, max_length=10, json_schema_extra={"format": "date"},
        description="Tells people of one name apart.",
    ),
    AfterValidator(_born),
]  # fmt: skip
InstantSeen = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
COUNTRY, CURRENCY, SHA256 = "^[A-Z]{2}$", "^[A-Z][A-Z][A-Z]$", "^[0-9a-f]{64}$"
EVENT_TYPES = r"^[a-z_]+\.([a-z_]+|\*)$"
LANGUAGE, EMAIL, SAYS_SOMETHING = f"^({'|'.join(LANGUAGES)})$", r"^[^@\s]+@[^@\s]+$", r"\S"
# The characters of an EndToEndIdentification in SEPA: ids, and hardly a person's name.
BANK_REFERENCE = r"^[A-Za-z0-9/?:().,'+-]+$"
# What each pattern asks for, to say so.
PATTERNS: Final = {
    BANK_REFERENCE: "letters, digits and / ? : ( ) . , ' + -, such as SCT-2026-12-07-0031",
    COUNTRY: "a country as two capital letters, such as FR",
    CURRENCY: "a currency as three capital letters, such as EUR",
    SHA256: "a SHA-256 as 64 hexadecimal digits in lower case",
    LANGUAGE: f"one of {', '.join(LANGUAGES)}",
    EMAIL: "an address such as camille@example.org",
    SAYS_SOMETHING: "more than white space",
    EVENT_TYPES: "a type such as cover.issued, or cover.* for all of a cover's",
}
Language = Annotated[str, Field(pattern=LANGUAGE, description="The language that the member reads.")]
Reference = Annotated[
    str,
    Field(min_length=1, max_length=120, pattern=SAYS_SOMETHING, description="Your own stable reference of the person."),
]
Metadata = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=40)], Annotated[str, Field(max_length=500)]],
    Field(max_length=50, description="Up to 50 facts of your own, kept and given back."),
]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Money(Shape):
    """An amount in minor units (cents) of a currency (ISO 4217)."""

    amount: StrictInt = Field(ge=-(2**53), le=2**53)
    currency: str = Field(pattern=CURRENCY)


# ------------------------------------------------------------------------------------------- requests


class PartyReference(Shape):
    reference: Reference


class QuoteParties(Shape):
    policyholder: PartyReference | None = Field(None, description="The person, when you know already who it will be.")


class PriceRequest(Shape):
    """What a price is asked for. Times: `start` with `end` or `duration`; `"at_issue"` begins when it is bound."""

    product: str = Field(max_length=60)
    country: str | None = Field(None, pattern=COUNTRY, description="Needed where a product is sold in several.")
    start: Annotated[
        datetime | str,
        BeforeValidator(_start),
        WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "const": "at_issue"}]}),
    ]
    end: Instant | None = None
    duration: Annotated[
        timedelta | None,
        BeforeValidator(lambda value: None if value is None else _duration(value)),
        WithJsonSchema({"type": "string", "format": "duration", "description": "ISO 8601: PT12H, P2D."}),
    ] = None
    risk: dict[str, Any] = Field(description="The facts that the product asks for: its `risk_schema` describes them.")


class QuoteRequest(PriceRequest):
    """A price asked for. Times: `start` with `end` or `duration`; `"at_issue"` begins when the quote is bound."""

    language: Language | None = Field(None, description="Of texts in answers; else by Accept-Language, else French.")
    parties: QuoteParties | None = None
    metadata: Metadata = Field(default_factory=dict)


class Party(Shape):
    """A person, by your stable reference. Name and email are kept under the person's own key."""

    reference: Reference
    name: str = Field(min_length=1, max_length=200, pattern=SAYS_SOMETHING)
    email: str | None = Field(None, max_length=254, pattern=EMAIL)
    locale: Language = "fr"
    born: Born | None = None


def _one_or_many(value: object) -> str:
    return MANY if isinstance(value, list) else ONE


# The variants' names as they stand in pydantic's paths; NUL first, which no body can hold.
ONE, MANY = "\x00one", "\x00many"
People = Annotated[
    Annotated[Party, Tag(ONE)] | Annotated[list[Party], Field(min_length=1, max_length=50), Tag(MANY)],
    Discriminator(_one_or_many),
]


class Parties(Shape):
    policyholder: Party
    insured: People | None = None
    driver: People | None = None
    owner: People | None = None
    payer: People | None = None
    counterpart: People | None = None


class Disclosures(Shape):
    """That the information document was given before the contract (Directive (EU) 2016/97 art. 20)."""

    ipid_sha256: str = Field(pattern=SHA256, description="Of the version that was shown; the quote names it.")
    language: Language
    given_at: Instant


class Payment(Shape):
    method: Literal["invoice", "card"] = Field(
        description="`invoice`: on your monthly invoice. `card`: its member pays, and the cover waits for it."
    )


class CoverRequest(Shape):
    """Binds a quote at its price. Paid by card, the cover holds its object for some minutes until its member has paid."""

    quote: str = Field(max_length=80)
    parties: Parties
    disclosures: Disclosures
    payment: Payment
    metadata: Metadata = Field(default_factory=dict)


class CancelRequest(Shape):
    preview: bool = Field(False, strict=True, description="Only tell what would go back.")
    reason: Literal["request", "withdrawal"] = Field(
        "request",
        description="`request`: the product's refund rule. `withdrawal`: the right to withdraw from a distance contract.",
    )


class Amount(Shape):
    """An amount in minor units of the cover's currency, none or more."""

    amount: StrictInt = Field(ge=0, le=MOST)
    currency: str = Field(pattern=CURRENCY)


class LossRequest(Shape):
    section: str = Field(max_length=60)
    claimant: Literal["policyholder", "third_party"] = "policyholder"
    estimate: Amount | None = Field(None, description="What the loss may come to.")


class ClaimContact(Shape):
    name: str | None = Field(None, max_length=200)
    phone: str | None = Field(None, max_length=40)
    email: str | None = Field(None, max_length=254)


class ClaimRequest(Shape):
    """A loss, declared. A late or doubtful one is noted, never refused."""

    cover: str = Field(max_length=80)
    loss_at: Instant
    cause: Literal["accident", "theft", "fire", "breakage", "water", "vandalism", "other"]
    description: str = Field(min_length=1, max_length=10_000, pattern=SAYS_SOMETHING)
    losses: list[LossRequest] = Field(default_factory=list, max_length=20)
    contact: ClaimContact = Field(default_factory=lambda: ClaimContact.model_validate({}))
    metadata: Metadata = Field(default_factory=dict)
