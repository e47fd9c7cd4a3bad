"""Promise 4: the journal balances, and says what covers, payments and disputes say, after every step."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import ClassVar, Final

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from coverage.domain.journal import (
    BANK,
    CARD_BALANCE,
    CLAIMS_DUE,
    COMMISSION,
    DISPUTED,
    RECEIVABLE,
    REFUNDS,
    CostKind,
    Transfer,
    balances,
    commission_account,
    commission_back,
    commission_on,
    incurred_account,
    outstanding_account,
    premium_account,
    reversed_transfers,
    transfer_for_payout,
    transfer_for_reserve,
    transfers_for_charge,
)
from coverage.domain.premium import FeeLine, Premium, SectionPremium, SurchargeLine, TaxLine
from coverage.operations.booking import Paid, sum_of
from coverage.storage.covers import Transaction
from tests.promises.trial import Trial, promise

PRODUCT: Final = "off_duty_vehicle"
SECTIONS: Final = ("vehicle", "goods_carried", "legal_protection")
MOST_CHANGES: Final = 6  # of one cover
CHANCE = st.integers(0, 2**32 - 1)


def a_premium(chance: random.Random) -> Premium:
    """Any price: sections of nothing among them, two rates of one tax, flat levies, surcharges and fees."""
    cents = chance.choice((1, 10, 1_000, 100_000, 10_000_000))
    sections = tuple(
        SectionPremium(name, chance.randrange(cents + 1)) for name in chance.sample(SECTIONS, chance.randint(1, 3))
    )
    surcharges = tuple(
        SurchargeLine("natural_disasters", one.name, 120_000, one.net, chance.randrange(cents + 1))
        for one in sections
        if chance.random() < 0.3
    )
    taxes = tuple(
        TaxLine(
            name, kind, chance.choice(("motor", "DE:household_contents", "")), rate, chance.randrange(cents + 1),
            chance.randrange(cents + 1),
        )
        for name, kind, rate in (("ipt", "premium_tax", 180_000), ("ipt", "premium_tax", 190_000), ("guarantee", "levy", 0))
        if chance.random() < 0.5
    )  # fmt: skip
    fees = tuple(FeeLine(name, chance.randrange(cents + 1)) for name in ("platform", "broker") if chance.random() < 0.4)
    return Premium.of("EUR", sections, taxes, fees, surcharges)


@dataclass(slots=True)
class CardPaid:
    """What was paid, what goes back of it, and whether its holder disputes it."""

    amount: int
    back: int = 0
    disputed: bool = False


@dataclass(slots=True)
class Claimed:
    """What a claim costs: set aside, on its way, and transferred."""

    section: str
    kind: CostKind
    reserve: int = 0
    due: int = 0
    paid: int = 0


@dataclass(slots=True)
class Booked:
    """One cover: its transactions, its transfers, and beside them what both should come to, line by line."""

    owed: str
    country: str
    rates: dict[str, int]
    transactions: list[Transaction] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    expected: Counter[str] = field(default_factory=Counter)
    due: int = 0  # charged, and not paid yet
    paid: list[CardPaid] = field(default_factory=list)
    cancelled: bool = False
    claims: list[Claimed] = field(default_factory=list)

    @property
    def so_far(self) -> Paid:
        return sum_of(self.transactions)

    def charge(self, premium: Premium) -> None:
        """The cover costs so much more."""
        commission = commission_on({line.name: line.net for line in premium.sections}, self.rates)
        self._book(premium, commission, 1)
        self.due += premium.gross

    def give_back(self, part: Fraction) -> None:
        """That part of all it costs goes back: first of what isn't paid yet, then of the last payment first."""
        so_far = self.so_far
        premium = so_far.premium.share(part)
        back = {line.name: line.net for line in premium.sections}
        self._book(premium, commission_back(so_far.commission, so_far.nets, back), -1)
        amount = premium.gross - min(premium.gross, self.due)
        self.due -= premium.gross - amount
        for payment in reversed(self.paid):
            returned = min(amount, payment.amount - payment.back)
            payment.back, amount = payment.back + returned, amount - returned
            self._post(self.owed, REFUNDS, returned)
        assert amount == 0, "more would go back than was paid"

    def pay(self) -> None:
        """All that is due comes by card."""
        self._post(CARD_BALANCE, self.owed, self.due)
        self.paid.append(CardPaid(self.due))
        self.due = 0

    def dispute(self, payment: CardPaid) -> None:
        """A holder takes a payment back, or loses the dispute again."""
        if payment.disputed:
            self._post(CARD_BALANCE, DISPUTED, payment.amount)
        else:
            self._post(DISPUTED, CARD_BALANCE, payment.amount)
        payment.disputed = not payment.disputed

    def set_aside(self, claim: Claimed, reserve: int) -> None:
        """A claim is thought to cost so much still."""
        if change := reserve - claim.reserve:
            self.transfers.append(transfer_for_reserve(PRODUCT, claim.section, change, "EUR", claim.kind))
        claim.reserve = reserve

    def pay_out(self, claim: Claimed, amount: int) -> None:
        """An amount of what was set aside is on its way; one that failed comes back."""
        order = transfer_for_payout(PRODUCT, claim.section, abs(amount), "EUR", claim.kind)
        self.transfers.append(order if amount > 0 else order.reversed)
        claim.reserve, claim.due = claim.reserve - amount, claim.due + amount

    def transfer(self, claim: Claimed, amount: int) -> None:
        """An amount that was on its way has arrived; less than nothing has come back."""
        self._post(CLAIMS_DUE if amount > 0 else BANK, BANK if amount > 0 else CLAIMS_DUE, abs(amount))
        claim.due, claim.paid = claim.due - amount, claim.paid + amount

    def _post(self, debit: str, credit: str, amount: int) -> None:
        if amount:
            self.transfers.append(Transfer(debit, credit, amount, "EUR"))

    def _book(self, premium: Premium, commission: tuple, sign: int) -> None:  # type: ignore[type-arg]
        transfers = transfers_for_charge(premium, PRODUCT, self.country, self.owed, commission)
        self.transfers += transfers if sign > 0 else reversed_transfers(transfers)
        self.transactions.append(
            Transaction(
                id=f"txn_{len(self.transactions)}", gross=sign * premium.gross,
                premium_type="Original Premium" if sign > 0 else "Return Premium",
                price=asdict(premium) | {"commission": [asdict(line) for line in commission]},
            )
        )  # fmt: skip
        for line in premium.sections:
            self.expected[premium_account(PRODUCT, line.name)] -= sign * line.net
        for surcharge in premium.surcharges:
            self.expected[f"surcharge/{PRODUCT}/{surcharge.name}"] -= sign * surcharge.amount
        for tax in premium.taxes:
            country, _, tax_class = (f"{self.country}:" * (":" not in tax.tax_class) + tax.tax_class).partition(":")
            self.expected[f"tax/{country}/{tax_class or 'contract'}/{tax.name}"] -= sign * tax.amount
        for fee in premium.fees:
            self.expected[f"fee/{fee.name}"] -= sign * fee.amount
        for earned in commission:
            self.expected[commission_account(PRODUCT, earned.section)] += sign * earned.amount
            self.expected[COMMISSION] -= sign * earned.amount


class Journal(RuleBasedStateMachine):
    """Covers that are issued, changed, paid for, disputed and cancelled, in any order."""

    trial: ClassVar[Trial]

    def __init__(self) -> None:
        super().__init__()
        self.covers: list[Booked] = []
        self.last: Booked | None = None
        self.changes: Counter[str] = Counter()

    def _one(self, chance: random.Random) -> Booked | None:
        """A cover that is in force, if there is one; it is the one that is looked at after the step."""
        there = [one for one in self.covers if not one.cancelled]
        self.last = chance.choice(there) if there else None
        return self.last

    @initialize(seed=CHANCE)
    def issue_first(self, seed: int) -> None:
        self._issue(seed)

    @rule(seed=CHANCE)
    def issue(self, seed: int) -> None:
        self._issue(seed)

    def _issue(self, seed: int) -> None:
        chance = random.Random(seed)
        rates = {name: chance.choice((0, 125_000, 333_333, 1_000_000)) for name in SECTIONS}
        self.last = Booked(RECEIVABLE[chance.choice(("card", "invoice"))], chance.choice(("FR", "DE")), rates)
        self.last.charge(a_premium(chance))
        self.covers.append(self.last)

    @rule(seed=CHANCE)
    def extend_or_raise(self, seed: int) -> None:
        chance = random.Random(seed)
        if (cover := self._one(chance)) and len(cover.transactions) < MOST_CHANGES:
            cover.charge(a_premium(chance))
            self.changes["charged more"] += 1

    @rule(seed=CHANCE)
    def return_early(self, seed: int) -> None:
        chance = random.Random(seed)
        if (cover := self._one(chance)) and len(cover.transactions) < MOST_CHANGES:
            cover.give_back(Fraction(chance.randrange(1, 1_000), 1_000))
            self.changes["given back in part"] += 1

    @rule(seed=CHANCE)
    def cancel(self, seed: int) -> None:
        chance = random.Random(seed)
        if cover := self._one(chance):
            part = chance.choice((Fraction(1), Fraction(chance.randrange(1_001), 1_000)))
            cover.give_back(part)
            cover.cancelled = True
            if part == 1:
                self.changes["given back wholly"] += 1
                # Nothing is left of it but what was paid, which is on its way back.
                assert not any(amount for account, amount in cover.expected.items())
                assert cover.so_far.premium.gross == 0

    @rule(seed=CHANCE)
    def pay(self, seed: int) -> None:
        if (cover := self._one(random.Random(seed))) and cover.due:
            cover.pay()
            self.changes["paid"] += 1

    @rule(seed=CHANCE)
    def dispute(self, seed: int) -> None:
        chance = random.Random(seed)
        if (cover := self._one(chance)) and cover.paid:
            cover.dispute(chance.choice(cover.paid))
            self.changes["disputed"] += 1

    @rule(seed=CHANCE)
    def claim(self, seed: int) -> None:
        """What is claimed is set aside, paid out, transferred, or comes back; also after the cover was cancelled."""
        chance = random.Random(seed)
        self.last = cover = chance.choice(self.covers)
        if len(cover.claims) < 2:
            cover.claims.append(Claimed(chance.choice(SECTIONS), chance.choice(("indemnity", "fees"))))
        for _ in range(chance.randint(1, 4)):
            self._settle(cover, chance.choice(cover.claims), chance)

    def _settle(self, cover: Booked, claim: Claimed, chance: random.Random) -> None:
        most = {"set aside": 10_000, "paid out": claim.reserve, "transferred": claim.due, "came back": claim.paid}
        does = chance.choice([name for name, amount in most.items() if amount])
        amount = chance.randint(1, most[does])
        match does:
            case "set aside":
                cover.set_aside(claim, amount)
            case "paid out":
                cover.pay_out(claim, amount)
            case "transferred":
                cover.transfer(claim, amount)
            case _:
                cover.transfer(claim, -amount)
                cover.pay_out(claim, -amount)
        self.changes[does] += 1

    @invariant()
    def agrees(self) -> None:
        """Only the cover that the last step was about has changed."""
        if (cover := self.last) is None:
            return
        found = {account: amount for (account, _), amount in balances(cover.transfers).items() if amount}
        assert sum(found.values()) == 0
        paid, back = sum(one.amount for one in cover.paid), sum(one.back for one in cover.paid)
        taken = sum(one.amount for one in cover.paid if one.disputed)
        money = {cover.owed: cover.due, CARD_BALANCE: paid - taken, DISPUTED: taken, REFUNDS: -back}
        claims: Counter[str] = Counter()
        for claim in cover.claims:
            claims[incurred_account(PRODUCT, claim.section, claim.kind)] += claim.reserve + claim.due + claim.paid
            claims[outstanding_account(PRODUCT, claim.section, claim.kind)] -= claim.reserve
            claims[CLAIMS_DUE] -= claim.due
            claims[BANK] -= claim.paid
        assert found == {account: amount for account, amount in (cover.expected | money | claims).items() if amount}
        assert back <= paid
        so_far = cover.so_far
        assert so_far.premium.gross == cover.due + paid - back
        assert {premium_account(PRODUCT, name): -net for name, net in so_far.nets.items() if net} == {
            account: amount for account, amount in found.items() if account.startswith("premium/")
        }
        taxes = sum(amount for account, amount in found.items() if account.startswith("tax/"))
        assert taxes == -so_far.premium.tax_total
        earned = sum(line.amount for line in so_far.commission)
        assert found.get(COMMISSION, 0) == -earned
        assert 0 <= earned <= so_far.premium.net
        assert all(amount < 0 for account, amount in found.items() if account.startswith(("premium/", "tax/", "fee/")))

    def teardown(self) -> None:
        self.trial.done()
        self.trial.counts.update(self.changes)


class TestJournalOfCovers:
    @promise(
        4, "the journal balances, and agrees with premiums, payments, disputes and claims, after every step of any course of things",
        unit="courses", small=60, full=10_000,
        provokes=("charged more", "given back in part", "given back wholly", "paid", "disputed", "set aside", "paid out",
                 "transferred", "came back"),
    )  # fmt: skip
    def test_balances_after_every_step(self, trial: Trial) -> None:
        class Tried(Journal):
            pass

        Tried.trial = trial
        run_state_machine_as_test(
            Tried,
            settings=settings(
                max_examples=trial.size,
                stateful_step_count=50 if trial.size == trial.promise.full else 20,
                derandomize=True,
                database=None,
                deadline=None,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
            ),
        )
