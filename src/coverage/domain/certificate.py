"""What is said of a cover, and what its certificate states. What that looks like is the templates' matter."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any

from coverage.domain.money import Money


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom a member calls."""

    name: str
    phone: str
    email: str

    @property
    def phone_uri(self) -> str:
        """The number as a link that dials it (RFC 3966): "tel:+33155500199"."""
        return "tel:" + re.sub(r"[^+0-9]", "", self.phone)


@dataclass(frozen=True, slots=True)
class Brand:
    """How a partner looks: one colour ("#17425c") and its logo as PNG; b"" sets its name in letters."""

    colour: str = "#17425c"
    logo: bytes = b""

    def __post_init__(self) -> None:
        # The colour goes into a style and the logo to an image decoder: nothing else may get there.
        if not re.fullmatch("#[0-9a-f]{6}", self.colour):
            raise ValueError(f'a colour is written "#17425c", found {self.colour!r}')
        if self.logo and not self.logo.startswith(b"\x89PNG\r\n\x1a\n"):
            raise ValueError("a logo is a PNG image")

    @property
    def ink(self) -> str:
        """What is legible on the colour: white, or nearly black."""
        red, green, blue = (int(self.colour[at : at + 2], 16) for at in (1, 3, 5))
        # Luminance with gamma 2 instead of 2.2, in whole numbers; the two inks are equally legible
        # on the grey #757575 (WCAG 2.2, relative luminance 0.18).
        luminance = 2126 * red**2 + 7152 * green**2 + 722 * blue**2
        return "#ffffff" if luminance < 10_000 * 0x75**2 else "#14181b"


@dataclass(frozen=True, slots=True)
class InsurerSeen:
    """The risk carrier as it must be named to the member."""

    name: str
    registration: str  # its register and number there
    supervisor: str  # the authority that supervises it
    address: str


@dataclass(frozen=True, slots=True)
class LimitSeen:
    """One limit of a section: `amount` None reads as unlimited. `per` is event, cover, person or item.

    `label` is the product's own name for it in the certificate's language ("bodily injury"), or ""
    where the section has one limit only.
    """

    label: str
    amount: Money | None
    per: str


@dataclass(frozen=True, slots=True)
class DeductibleSeen:
    """What the insured bears of a loss: a fixed amount, or a share (10 % is "10") with a minimum. It comes off the loss
    before the limit, unless `after_limit`.
    """

    amount: Money | None = None
    share_percent: str | None = None
    minimum: Money | None = None
    maximum: Money | None = None
    after_limit: bool = False
    against_third_parties: bool = False


@dataclass(frozen=True, slots=True)
class SectionSeen:
    """A section: its name and the plain sentence of what it pays, in the certificate's language."""

    name: str
    summary: str
    limits: tuple[LimitSeen, ...]
    deductible: DeductibleSeen | None
    premium: Money
    exclusions: tuple[str, ...] = ()  # in the certificate's language
    window: tuple[datetime, datetime] | None = None  # where it isn't the certificate's own


@dataclass(frozen=True, slots=True)
class TaxSeen:
    """A tax or levy: its name in the certificate's language, its rate ("33", in percent) and amount."""

    name: str
    rate_percent: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Proof:
    """By what whoever holds the certificate can check it: a link, or at a page its number with the day of its start."""

    url: str
    page: str
    starts_on: date

    @property
    def page_said(self) -> str:
        """The page's address as people read and type it."""
        return self.page.partition("://")[2]


@dataclass(frozen=True, slots=True)
class Signing:
    """Whose electronic signature a document has. One `for_trials` proves nothing to anybody."""

    name: str
    for_trials: bool


@dataclass(frozen=True, slots=True)
class PriceSaid:
    """A price line by line, each by its name in one language; a tax also by its rate."""

    lines: tuple[tuple[str, Money], ...]
    taxes: tuple[TaxSeen, ...]
    fees: tuple[tuple[str, Money], ...]
    gross: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverSaid:
    """All that is said of a cover in one language, issued or not. Instants are UTC; `timezone` is where they are read."""

    number: str
    language: str
    product_name: str
    product_summary: str
    policyholder: str
    insured: tuple[str, ...]
    object_label: str  # "Registration", in the certificate's language
    object_value: str  # "AB-123-CD"; "" when the product covers no single object
    # What was declared and matters: (("Vehicle", "Van"), ("Goods carried", "€8,000.00"))
    facts: tuple[tuple[str, str], ...]
    starts_at: datetime
    ends_at: datetime
    timezone: str
    territory: tuple[str, ...]  # ISO 3166 alpha-2
    sections: tuple[SectionSeen, ...]
    net: Money
    taxes: tuple[TaxSeen, ...]
    fees: tuple[tuple[str, Money], ...]
    gross: Money
    insurer: InsurerSeen
    master_policy: str
    partner: str
    claims_contact: Contact
    assistance_contact: Contact | None
    cancelled_at: datetime | None
    livemode: bool
    surcharges: tuple[tuple[str, Money], ...] = ()  # each by its name in the certificate's language
    brand: Brand = field(default_factory=Brand)  # the partner's

    @property
    def price(self) -> PriceSaid:
        """What it costs, line by line."""
        sections = tuple((section.name, section.premium) for section in self.sections)
        return PriceSaid((*sections, *self.surcharges), self.taxes, self.fees, self.gross)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate(CoverSaid):
    """All that one certificate says, in one language."""

    issued_at: datetime
    version: int = 1  # counts up with each change of the cover
    replaces_issued_at: datetime | None = None  # when the certificate was issued that this one replaces
    proof: Proof | None = None
    signing: Signing | None = None

    def __post_init__(self) -> None:
        if (self.version > 1) != (self.replaces_issued_at is not None):
            raise ValueError("the first certificate replaces none, and each after it the one before")


@dataclass(frozen=True, slots=True)
class ChangeSaid:
    """A change of a cover in one language: a new end, or what is insured from now on, and what it costs more."""

    kind: str  # extend or raise
    ends_at: datetime
    facts: tuple[tuple[str, str], ...]
    price: PriceSaid


def plain(said: object) -> Any:
    """What is said, as JSON has it: amounts in minor units beside their currency, instants in UTC; without how it looks."""
    match said:
        case Money():
            return {"amount": said.amount, "currency": said.currency}
        case datetime():
            return said.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return said.isoformat()
        case tuple():
            return [plain(one) for one in said]
    if is_dataclass(said):
        told = {each.name: getattr(said, each.name) for each in fields(said)}
        return {name: plain(value) for name, value in told.items() if not isinstance(value, Brand)}
    return said
