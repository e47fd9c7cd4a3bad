"""Enrolling: a partner in a mode with its insurer, its master policy and its first key; and the policies that follow.

Whatever is made is made in one transaction, by the schema's owner: the application's role may make neither a partner nor an
insurer, and may not end a policy.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, Literal, cast

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from coverage.domain.certificate import Contact
from coverage.domain.faults import Conflict, Missing
from coverage.domain.period import local_day
from coverage.domain.scopes import MEANINGS, UNRESTRICTED
from coverage.domain.tenant import Caller, Mode, Tenant
from coverage.operations.attaching import days_of, instants_of
from coverage.operations.house import work_in
from coverage.operations.keying import OPERATOR, require_partner
from coverage.operations.ports import Keyring
from coverage.operations.unlocking import register_key
from coverage.storage import partners
from coverage.storage.identity import new_id
from coverage.storage.partners import Insurer, MasterPolicy, Partner, TenantRecord
from coverage.storage.tenancy import Database, turn_to

# How a partner distributes: as an intermediary in the register, or as one that is exempt because insurance is ancillary to
# what it sells (Directive (EU) 2016/97 art. 1(3)).
Status = Literal["registered_intermediary", "exempt_ancillary"]
FIRST_KEY: Final = "First key"
RATE: Final = re.compile(r"[0-9](\.[0-9]{1,6})?", re.ASCII)
# One number for all who enrol or add a policy: the second sees what the first has made.
ENROLMENT_LOCK: Final = 7_301_544_119


@dataclass(frozen=True, slots=True)
class Firm:
    """A partner: its name, how it distributes, the zone of its days and months, and where its invoices are sent."""

    name: str
    status: Status
    timezone: str = "Europe/Paris"
    billing_email: str | None = None


@dataclass(frozen=True, slots=True)
class Carrier:
    """An insurer, as members read of it."""

    name: str
    registration: str
    supervisor: str
    address: str
    claims_contact: Contact
    assistance_contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """A master policy: the contract between insurer and partner, from its first day to its last, both in it. `countries`
    None is wherever its products are sold. What the partner earns stands by product and section as a rate from "0" to
    "1", known to the millionth; a section that isn't named earns nothing. Raises ValueError for another rate, and for days
    in the wrong order.
    """

    number: str
    umr: str  # unique market reference: B, the broker's four digits, the contract's own part
    first_on: date
    last_on: date
    products: Sequence[str]
    currency: str = "EUR"
    countries: Sequence[str] | None = None
    commission: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.last_on < self.first_on:
            raise ValueError(f"a policy ends on {self.last_on}, before it begins on {self.first_on}")
        for product, rates in self.commission.items():
            if product not in self.products:
                raise ValueError(f"commission for {product}, which isn't among the products {', '.join(self.products)}")
            for section, rate in rates.items():
                if not RATE.fullmatch(rate) or Decimal(rate) > 1:
                    words = "expected a fraction from 0 to 1 of at most six decimals, such as 0.15"
                    raise ValueError(f"commission for {product}/{section} is {rate[:40]!r}; {words}")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Who is enrolled, with which insurer (one that is there by its id) and which policy. `partner_id` names a partner that
    is there, which gets another mode; what `partner` says of it must be so then.
    """

    partner: Firm | None
    insurer: Carrier | str
    policy: Agreement
    partner_id: str | None = None

    def __post_init__(self) -> None:
        if self.partner is None and self.partner_id is None:
            raise ValueError("nobody is enrolled")


@dataclass(frozen=True, slots=True)
class PolicySeen:
    """A master policy as an operator sees it, with its days as its partner's zone has them."""

    id: str
    number: str
    umr: str
    insurer_id: str
    insurer: str
    first_on: date
    last_on: date
    currency: str
    countries: tuple[str, ...] | None
    products: tuple[str, ...]
    commission: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What came of it. `key` is the first key itself, told this once."""

    tenant: Tenant
    partner: Firm
    policy: PolicySeen
    insurer_is_new: bool
    key_id: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PolicyAdded:
    """A policy that follows, whether its insurer is new, the policies that end for it, and by product the first and last day
    before it on which nothing holds.
    """

    tenant: Tenant
    policy: PolicySeen
    insurer_is_new: bool
    ended: tuple[PolicySeen, ...]
    gaps: Mapping[str, tuple[date, date]]


@dataclass(frozen=True, slots=True)
class PartnerInFull:
    """A partner with the policies of each mode that it has."""

    id: str
    firm: Firm
    created_at: datetime
    modes: Mapping[Mode, tuple[PolicySeen, ...]]


def enrol(
    owner: Database, enrolment: Enrolment, mode: Mode, wall: datetime, scopes: Iterable[str] = UNRESTRICTED,
    *, once: bool = False, rehearsed: bool = False,
) -> Enrolled:  # fmt: skip
    """Makes a partner, or gives one that is there another mode, with its insurer, its policy and a first key.

    An insurer that is there already, word for word, is taken. `once` looks over all partners for the same one; the demo,
    which has lost its keys, wants another of the same name. `rehearsed` does all that and undoes it.

    Raises `Conflict` ("partner_enrolled", "insurer_differs", "policy_exists", "unknown_timezone") and `Missing`.
    """
    tenant = Tenant(enrolment.partner_id or new_id("partner"), mode)
    with owner.as_owner(tenant.id) as session:
        _wait_for_turn(session)
        if once:
            _refuse_twin(session, enrolment, tenant)
        partner = _partner(session, enrolment, tenant, wall)
        tenancy = TenantRecord(
            id=tenant.id, partner_id=tenant.partner_id, mode=mode, clock_ahead_seconds=0, created_at=wall
        )
        session.add(tenancy)
        session.flush()
        insurer, is_new = _insurer(session, enrolment.insurer, wall)
        policy = _policy(session, tenant, insurer, enrolment.policy, partner.timezone, wall)
        caller = Caller(tenant, OPERATOR, scopes=frozenset(MEANINGS))
        tx = work_in(session, caller, lambda: wall, cast(Keyring, None))
        key_id, key = register_key(tx, scopes)
        partners.name_key(session, key_id, FIRST_KEY, caller.actor)
        made = Enrolled(tenant, _firm(partner), _seen(session, policy, partner.timezone), is_new, key_id, key)
        if rehearsed:
            session.rollback()
    return made


def add_policy(
    owner: Database, tenant: Tenant, policy: Agreement, insurer: Carrier | str | None, wall: datetime,
    *, end_former: bool = False, rehearsed: bool = False,
) -> PolicyAdded:  # fmt: skip
    """Adds a master policy that follows those that are there; without a word on its insurer, with that of the latest.

    Where it would hold beside another for a product, a country and a currency, it is refused: a cover stands under one.
    `end_former` ends those on the day before it begins, which must be to come. Covers keep the policy that they have.

    Raises `Conflict` ("policy_overlaps", "policy_exists", "insurer_differs") and `Missing` ("unknown_partner").
    """
    with owner.as_owner(tenant.id) as session:
        _wait_for_turn(session)
        partner = require_partner(session, tenant)
        there = partners.master_policies(session)
        _refuse_number(there, policy, partner.timezone)
        if insurer is None and not there:
            raise Conflict("insurer_needed", "there is no policy before it whose insurer it could have; say which")
        carrier, is_new = _insurer(session, insurer or there[-1].insurer_id, wall)
        ahead = 0 if tenant.livemode else partners.clock_ahead(session, tenant.id)
        clashing = _clashing(there, policy, partner.timezone)
        if clashing and not end_former:
            raise Conflict("policy_overlaps", _overlap_words(clashing, policy, partner.timezone))
        for former in clashing:
            _end(former, policy, partner.timezone, wall.timestamp() + ahead)
        made = _policy(session, tenant, carrier, policy, partner.timezone, wall)
        ended = tuple(_seen(session, one, partner.timezone) for one in clashing)
        gaps = _gaps(there, made, partner.timezone)
        added = PolicyAdded(tenant, _seen(session, made, partner.timezone), is_new, ended, gaps)
        if rehearsed:
            session.rollback()
    return added


def see_partner(owner: Database, partner_id: str) -> PartnerInFull:
    """A partner with all its policies; raises `Missing`."""
    modes: dict[Mode, tuple[PolicySeen, ...]] = {}
    found: Partner | None = None
    for mode in ("test", "live"):
        tenant = Tenant(partner_id, mode)
        with owner.as_owner(tenant.id) as session:
            found = session.get(Partner, partner_id)
            if found is not None and tenant.id in partners.tenant_ids(session):
                there = partners.master_policies(session)
                modes[tenant.mode] = tuple(_seen(session, one, found.timezone) for one in there)
    if found is None:
        raise _no_partner(partner_id)
    return PartnerInFull(partner_id, _firm(found), found.created_at, modes)


# ---------------------------------------------------------------------------------------- who is there already


def _wait_for_turn(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ENROLMENT_LOCK})


def _refuse_twin(session: Session, enrolment: Enrolment, tenant: Tenant) -> None:
    """Refuses whoever is there under the same name, and another's policy under the same market reference."""
    for other, modes in _others(session, tenant):
        turn_to(session, Tenant(other, modes[0]).id)
        name = session.scalars(select(Partner.name).where(Partner.id == other)).one()
        if enrolment.partner is not None and _same(name, enrolment.partner.name):
            words = f"{other} is called {name} already, in {' and in '.join(modes)} mode; another partner needs another name"
            way = f", and `--partner {other}` gives this one {tenant.mode} mode" if tenant.mode not in modes else ""
            raise Conflict("partner_enrolled", words + way)
        for mode in modes:
            turn_to(session, Tenant(other, mode).id)
            if any(policy.umr == enrolment.policy.umr for policy in partners.master_policies(session)):
                words = f"{enrolment.policy.umr} is a policy of {other} ({name}) already, in {mode} mode"
                raise Conflict("policy_exists", words)
    turn_to(session, tenant.id)


def _others(session: Session, tenant: Tenant) -> list[tuple[str, list[Mode]]]:
    """All other partners, each with its modes."""
    # The worker's role alone knows them all, and knows nothing else of them.
    session.execute(text("SET LOCAL ROLE sharecover_worker"))
    found = [Tenant.of(one) for one in partners.tenant_ids(session)]
    session.execute(text("RESET ROLE"))
    modes: dict[str, list[Mode]] = {}
    for one in found:
        modes.setdefault(one.partner_id, []).append(one.mode)
    return [(other, its_modes) for other, its_modes in modes.items() if other != tenant.partner_id]


def _same(name: str, other: str) -> bool:
    """Whether people would take two names for one."""
    one, two = (" ".join(unicodedata.normalize("NFKC", it).casefold().split()) for it in (name, other))
    return one == two


def _partner(session: Session, enrolment: Enrolment, tenant: Tenant, wall: datetime) -> Partner:
    if enrolment.partner_id is not None:
        return _partner_there(session, enrolment, tenant)
    firm = enrolment.partner
    if firm is None:
        raise AssertionError("an enrolment names somebody")
    try:
        # Months are closed by it in the database, which may know fewer zones than we do.
        session.execute(text("SELECT timezone(:zone, to_timestamp(0))"), {"zone": firm.timezone})
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "22023":
            raise
        raise Conflict("unknown_timezone", f"the database knows no time zone {firm.timezone}") from None
    partner = Partner(id=tenant.partner_id, created_at=wall, **asdict(firm))
    session.add(partner)
    session.flush()
    return partner


def _partner_there(session: Session, enrolment: Enrolment, tenant: Tenant) -> Partner:
    partner = session.get(Partner, tenant.partner_id)
    if partner is None:
        raise _no_partner(tenant.partner_id)
    if tenant.id in partners.tenant_ids(session):
        words = f"{partner.id} ({partner.name}) is in {tenant.mode} mode already"
        raise Conflict("partner_enrolled", f"{words}; `coverage partners policy` adds a master policy")
    there = _firm(partner)
    if enrolment.partner is not None and enrolment.partner != there:
        said, kept = asdict(enrolment.partner), asdict(there)
        differing = [f"{key} is {kept[key]}, not {said[key]}" for key in kept if kept[key] != said[key]]
        raise Conflict("partner_differs", f"{partner.id} is somebody else, or has changed: {'; '.join(differing)}")
    return partner


def _no_partner(partner_id: str) -> Missing:
    return Missing("unknown_partner", f"there is no partner {partner_id}; `coverage partners list` names them")


def _insurer(session: Session, told: Carrier | str, wall: datetime) -> tuple[Insurer, bool]:
    """The insurer, and whether it is new. One that is there is taken, so that all its partners' members read the same."""
    if isinstance(told, str):
        if (found := session.get(Insurer, told)) is not None:
            return found, False
        known = [f"{one.id} ({one.name})" for one in partners.insurers(session)]
        words = (
            f"expected one of {', '.join(known[:12])}" if known else "expected its name and all else: none is here yet"
        )
        raise Missing("unknown_insurer", f"there is no insurer {told}; {words}")
    columns = asdict(told)
    for found in partners.insurers(session):
        if _same(found.registration, told.registration):
            differing = [key for key, value in columns.items() if getattr(found, key) != value]
            if not differing:
                return found, False
            words = f"{found.id} has this registration already, with another {' and another '.join(differing)}"
            raise Conflict("insurer_differs", f"{words}; name it by its id to take it as it is")
    made = Insurer(id=new_id("insurer"), created_at=wall, **columns)
    session.add(made)
    session.flush()
    return made, True


# ------------------------------------------------------------------------------------------------------ policies


def _policy(
    session: Session, tenant: Tenant, insurer: Insurer, told: Agreement, timezone: str, wall: datetime
) -> MasterPolicy:  # fmt: skip
    starts_at, ends_at = instants_of(told.first_on, told.last_on, timezone)
    policy = MasterPolicy(
        tenant_id=tenant.id, id=new_id("master_policy"), insurer_id=insurer.id, number=told.number, umr=told.umr,
        starts_at=starts_at, ends_at=ends_at, currency=told.currency, products=list(told.products),
        commission={product: dict(rates) for product, rates in told.commission.items()}, created_at=wall,
        countries=list(told.countries) if told.countries is not None else None,
    )  # fmt: skip
    session.add(policy)
    session.flush()
    return policy


def _refuse_number(there: list[MasterPolicy], told: Agreement, timezone: str) -> None:
    for one in there:
        if _same(one.number, told.number):
            first, last = days_of(one, timezone)
            words = f"{one.number} is a policy of this partner already ({one.id}, {first} to {last})"
            raise Conflict("policy_exists", f"{words}; one that follows has another number")


def _clashing(there: list[MasterPolicy], told: Agreement, timezone: str) -> list[MasterPolicy]:
    """The policies beside which a cover wouldn't know under which of both it stands."""
    starts_at, ends_at = instants_of(told.first_on, told.last_on, timezone)
    return [
        one
        for one in there
        if one.starts_at < ends_at
        and one.ends_at > starts_at
        and one.currency == told.currency
        and set(one.products) & set(told.products)
        and (one.countries is None or told.countries is None or set(one.countries) & set(told.countries))
    ]


def _overlap_words(clashing: list[MasterPolicy], told: Agreement, timezone: str) -> str:
    held = []
    for one in clashing:
        first, last = days_of(one, timezone)
        shared = ", ".join(product for product in told.products if product in one.products)
        held.append(f"{one.number} ({one.id}) holds for {shared} from {first} to {last}")
    words = "a cover stands under one policy; expected other days, or --end-former to end it the day before"
    return f"{'; '.join(held)}, and {told.number} would from {told.first_on} to {told.last_on}: {words}"


def _end(former: MasterPolicy, told: Agreement, timezone: str, now: float) -> None:
    """Ends a policy on the day before another begins. What was sold under it until then stays under it."""
    starts_at, _ = instants_of(told.first_on, told.last_on, timezone)
    if starts_at.timestamp() <= now:
        words = f"{told.number} begins on {told.first_on}, and until now covers were sold under {former.number}"
        raise Conflict("policy_overlaps", f"{words}; expected a first day after today")
    if former.starts_at >= starts_at:
        words = f"{former.number} ({former.id}) begins on {days_of(former, timezone)[0]}, not before {told.number}"
        raise Conflict("policy_overlaps", f"{words}, so that it can't end for it; expected other days")
    left = [product for product in former.products if product not in told.products]
    if told.countries is not None and set(former.countries or ()) - set(told.countries):
        left += sorted(set(former.countries or ()) - set(told.countries))
    if left or (former.countries is None and told.countries is not None):
        words = (
            f"{former.number} ({former.id}) would end, and nothing hold any more for {', '.join(left) or 'elsewhere'}"
        )
        raise Conflict("policy_overlaps", f"{words}; expected {told.number} to hold for all that {former.number} does")
    former.ends_at = starts_at


def _gaps(there: list[MasterPolicy], made: MasterPolicy, timezone: str) -> dict[str, tuple[date, date]]:
    """By product, the days between the policy before and this one, where there are any."""
    gaps = {}
    for product in made.products:
        ends = [one.ends_at for one in there if product in one.products and one.currency == made.currency]
        before = [at for at in ends if at <= made.starts_at]
        if before and max(before) < made.starts_at:
            first = local_day(max(before), timezone)
            gaps[product] = first, local_day(made.starts_at - timedelta(microseconds=1), timezone)
    return gaps


def _seen(session: Session, policy: MasterPolicy, timezone: str) -> PolicySeen:
    insurer = partners.insurer_of(session, policy.insurer_id)
    return PolicySeen(
        policy.id, policy.number, policy.umr, insurer.id, insurer.name, *days_of(policy, timezone), policy.currency,
        tuple(policy.countries) if policy.countries is not None else None, tuple(policy.products), policy.commission,
    )  # fmt: skip


def _firm(partner: Partner) -> Firm:
    return Firm(partner.name, cast(Status, partner.status), partner.timezone, partner.billing_email)
