"""Promise 4, on the database: a partner's books hold and agree with the card processor's after every step."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import httpx2
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from coverage.operations.changing import Kind
from coverage.operations.house import House
from coverage.storage import books
from coverage.storage.tenancy import turn_to
from tests.builders import Platform, a_bind, a_claim, a_payout, a_risk, enrol_platform
from tests.lending import euros
from tests.promises.books import examined
from tests.promises.lanes import Lane, a_lane
from tests.promises.trial import Trial, promise

CHANCE = st.integers(0, 2**32 - 1)
STEPS: Final = 12
DECLINED: Final = "pm_card_chargeDeclined"


class Partner(RuleBasedStateMachine):
    """A partner whose members do this and that, by the API alone."""

    lane: ClassVar[Lane]
    trial: ClassVar[Trial]

    def __init__(self) -> None:
        super().__init__()
        lane = type(self).lane
        client = lane.till.platform.client
        lane.till = replace(lane.till, platform=enrol_platform(lane.owner, lane.till.house, client))
        self.covers: list[str] = []
        self.changes: list[str] = []
        self.exposures: list[str] = []
        self.payouts: list[str] = []

    @property
    def platform(self) -> Platform:
        return self.lane.till.platform

    def _told(self, done: str, answer: httpx2.Response) -> dict[str, Any] | None:
        """What was answered; None where it was refused. A refusal that the rules don't know is a fault."""
        assert answer.status_code in (200, 201, 409, 422), answer.text
        if answer.is_success:
            self.trial.met(done)
            made: dict[str, Any] = answer.json()
            return made
        self.trial.met(f"refused: {answer.json()['code']}")
        return None

    @rule(seed=CHANCE)
    def bind(self, seed: int) -> None:
        chance = random.Random(seed)
        minutes, hours, goods = chance.choice((5, 60, 4320)), chance.choice((5, 12, 72)), chance.choice((1, 3, 8))
        cover = self._bind(chance.choice(("invoice", "card", "card")), minutes, hours, goods)
        if cover is not None and chance.random() < 0.7:
            self._pay(f"/v1/covers/{cover}", "pm_card_visa")

    @rule(seed=CHANCE)
    def pay(self, seed: int) -> None:
        """For a cover or a change, whether it waits for that or not."""
        chance = random.Random(seed)
        paths = [f"/v1/covers/{cover}" for cover in self.covers] + [f"/v1/changes/{change}" for change in self.changes]
        if paths:
            self._pay(chance.choice(paths), chance.choice(("pm_card_visa", DECLINED)))

    @rule(seed=CHANCE)
    def let_time_pass(self, seed: int) -> None:
        self.lane.let_time_pass(minutes=random.Random(seed).choice((2, 11, 16, 90, 60 * 12)))

    @rule(seed=CHANCE)
    def change(self, seed: int) -> None:
        chance = random.Random(seed)
        if self.covers:
            kind: Kind = chance.choice(("extend", "raise", "return_early"))
            change = self._change(chance.choice(self.covers), kind, days=chance.choice((1, 4)))
            if change is not None and chance.random() < 0.7:
                self._pay(f"/v1/changes/{change}", "pm_card_visa")

    @rule(seed=CHANCE)
    def cancel(self, seed: int) -> None:
        chance = random.Random(seed)
        if self.covers:
            self._cancel(chance.choice(self.covers), chance.choice(("request", "withdrawal")))

    @rule(seed=CHANCE)
    def claim(self, seed: int) -> None:
        if self.covers:
            self._claim(random.Random(seed).choice(self.covers))

    @rule(seed=CHANCE)
    def settle(self, seed: int) -> None:
        """Something of what was claimed is decided, set aside, paid out or transferred, whether its turn is or not."""
        chance = random.Random(seed)
        if self.exposures:
            self._settle(chance, chance.choice(self.exposures))

    def do_everything(self) -> None:
        """A course that does each thing, so that few courses meet it too."""
        paying = self._bind("card", 5, 72, 3)
        self._pay(f"/v1/covers/{paying}", DECLINED)
        self.agrees()
        self._pay(f"/v1/covers/{paying}", "pm_card_visa")
        self.agrees()
        invoiced = self._bind("invoice", 5, 72, 1)
        assert paying is not None
        assert invoiced is not None
        self._bind("card", 60, 12, 1)  # which nobody pays for
        for cover in (paying, invoiced):
            change = self._change(cover, "extend", days=4)
            self.agrees()
            self._pay(f"/v1/changes/{change}", "pm_card_visa")
            self.agrees()
        self.lane.let_time_pass(minutes=16)
        self._change(paying, "return_early", days=0)
        self._claim(invoiced)
        self.agrees()
        exposure = self.exposures[0]
        self._set_aside(exposure, "fees", 3_000)
        self._decide(exposure, {"decision": "goodwill", "goodwill": euros(20_000)})
        for _ in range(2):
            self._pay_out(exposure, 9_000)
        self.agrees()
        self._transfer(self.payouts[0], "paid")
        self._transfer(self.payouts[1], "failed")
        self.agrees()
        self._transfer(self.payouts[0], "failed")
        self._pay_out(exposure, 5_000, "fees")
        self.agrees()
        cancelled = self._bind("card", 60, 12, 1)
        self._pay(f"/v1/covers/{cancelled}", "pm_card_visa")
        self._cancel(str(cancelled), "request")
        self.agrees()

    def _bind(self, method: str, minutes: int, hours: int, goods: int) -> str | None:
        """A cover that starts in so many minutes, for so many hours, and for goods of so many thousand euros."""
        start = self.lane.wall.now + timedelta(minutes=minutes)
        end = start + timedelta(hours=hours)
        risk = a_risk(goods_value=euros(goods * 100_000))
        quote = self.platform.quote(start=start.isoformat(), end=end.isoformat(), risk=risk)
        answer = self.platform.post("/v1/covers", a_bind(quote, payment={"method": method}))
        if made := self._told(f"by {method}", answer):
            self.covers.append(made["id"])
        return str(made["id"]) if made else None

    def _pay(self, path: str, card: str) -> None:
        payment = self.platform.get(path).json().get("payment") or {}
        if payment.get("client_secret"):
            self.lane.till.pay({"payment": payment}, card)
            self.trial.met("declined" if card == DECLINED else "paid")
            assert self.platform.get(path).status_code == 200  # by which it is noted

    def _change(self, cover: str, kind: Kind, days: int) -> str | None:
        """Asked for and confirmed."""
        wish: dict[str, Any] = {"kind": kind}
        if kind == "extend":
            end = datetime.fromisoformat(self.platform.get(f"/v1/covers/{cover}").json()["end"])
            wish["end"] = (end + timedelta(days=days)).isoformat()
        elif kind == "raise":
            wish["risk"] = {"goods_value": euros(900_000)}
        change = self._told("change asked for", self.platform.post(f"/v1/covers/{cover}/changes", wish))
        if change is None or change["state"] != "open":
            return None
        declared = {"no_known_loss": True, "declared_at": self.lane.wall.now.isoformat()}
        done = self._told("confirmed", self.platform.post(f"/v1/changes/{change['id']}/confirm", declared))
        if done is None:
            return None
        self.changes.append(change["id"])
        self.trial.met(f"{kind} {done['state'].replace('_', ' ')}")
        return str(change["id"])

    def _cancel(self, cover: str, reason: str) -> None:
        self._told("cancelled", self.platform.post(f"/v1/covers/{cover}/cancel", {"reason": reason}))

    def _claim(self, cover: str) -> None:
        body = a_claim({"id": cover, "start": self.lane.wall.now.isoformat()})
        if made := self._told("claimed", self.platform.post("/v1/claims", body)):
            self.exposures += [one["id"] for one in made["exposures"]]

    def _settle(self, chance: random.Random, exposure: str) -> None:
        match chance.randrange(5):
            case 0:
                parts = [{"amount": euros(chance.randrange(400_000)), "sublimit": "each_item"}]
                loss = {"decision": "approved", "losses": parts}
                goodwill = {"decision": "goodwill", "goodwill": euros(chance.randrange(1, 40_000))}
                both = goodwill | loss
                self._decide(exposure, chance.choice((loss, both, goodwill, {"decision": "repudiated"})))
            case 1:
                self._set_aside(exposure, chance.choice(("indemnity", "fees")), chance.randrange(300_000))
            case 2 | 3:
                self._pay_out(exposure, chance.randrange(1, 30_000), chance.choice(("indemnity", "indemnity", "fees")))
            case _ if self.payouts:
                self._transfer(chance.choice(self.payouts), chance.choice(("paid", "paid", "failed")))

    def _decide(self, exposure: str, body: dict[str, Any]) -> None:
        answer = self.platform.post(f"/v1/exposures/{exposure}/decision", body | {"because": "a trial"})
        self._told("decided", answer)

    def _set_aside(self, exposure: str, kind: str, amount: int) -> None:
        body = {kind: euros(amount), "because": "a trial"}
        self._told("set aside", self.platform.post(f"/v1/exposures/{exposure}/reserve", body))

    def _pay_out(self, exposure: str, amount: int, kind: str = "indemnity") -> None:
        order = a_payout(amount, kind=kind)
        if made := self._told("paid out", self.platform.post(f"/v1/exposures/{exposure}/payouts", order)):
            self.payouts.append(made["id"])

    def _transfer(self, payout: str, outcome: str) -> None:
        answer = self.platform.post(f"/v1/payouts/{payout}/settle", {"outcome": outcome, "bank_reference": "SCT-1"})
        self._told(f"transfer {outcome}", answer)

    @invariant()
    def agrees(self) -> None:
        """Once the worker has done what there is to do."""
        self.lane.work_off()
        assert examined(self.lane.owner, self.platform.tenant).wrong == []
        assert self._checked() == []
        assert self.lane.kept() == self.lane.sold()

    def _checked(self) -> list[books.Found]:
        """What `coverage ledger check` finds of the partner's."""
        with self.lane.till.queue.outside() as session:
            turn_to(session, self.platform.tenant.id)
            return [found for check in books.CHECKS for found in books.faults(session, check)]

    def teardown(self) -> None:
        self.trial.done()


class TestBooksOfPartners:
    @promise(
        4, "a partner's books hold, and agree with the card processor's, after every step of any course of things",
        unit="courses", small=2, full=200,
        provokes=("by invoice", "by card", "paid", "declined", "confirmed", "return_early confirmed", "cancelled", "claimed",
                 "decided", "set aside", "paid out", "transfer paid", "transfer failed"),
    )  # fmt: skip
    def test_hold_after_every_step(self, house: House, trial: Trial) -> None:
        with a_lane(house) as found:

            class Tried(Partner):
                lane = found

            Tried.trial = trial
            Tried().do_everything()
            run_state_machine_as_test(
                Tried,
                settings=settings(
                    max_examples=trial.size,
                    stateful_step_count=STEPS,
                    derandomize=True,
                    database=None,
                    deadline=None,
                    phases=(Phase.generate,),
                    suppress_health_check=list(HealthCheck),
                ),
            )
