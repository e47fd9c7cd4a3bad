"""Promise 3: whatever the card processor does, what it was paid and didn't give back is what covers cost."""

from __future__ import annotations

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, Final, get_args

from coverage.gateways.stripe_stand_in import Fault
from coverage.operations.house import House
from tests.builders import a_bind
from tests.operations.card import EVENTS
from tests.promises.books import examined
from tests.promises.lanes import Lane, a_lane
from tests.promises.trial import Trial, promise

KINDS: Final[tuple[Fault, ...]] = get_args(Fault)
# What is answered 500 and kept is repeated for a day, which takes its time here too.
WEIGHTS: Final = [0.2 if kind == "failed" else 1.0 for kind in KINDS]
BESIDE: Final = 4
DECLINED: Final = "pm_card_chargeDeclined"
MEMBERS: Final = ("pays", "pays", "pays", "is declined, and pays", "is declined", "doesn't pay")


class Run:
    """One bind by card and what becomes of it. All that is by chance follows from the run's number."""

    def __init__(self, lane: Lane, number: int, seed: int) -> None:
        self.lane, self.till, self.number = lane, lane.till, number
        self.random = random.Random(f"{seed}/{number}")
        self.cover: dict[str, Any] = {}

    def go(self) -> None:
        """To the end, when nothing is left to be done."""
        self.lane.mishaps(*self._asking(), at="POST /v1/payment_intents")
        start = self.lane.wall.now + timedelta(days=3)
        quote = self.till.platform.quote(start=start.isoformat(), end=(start + timedelta(hours=12)).isoformat())
        answer = self.till.platform.post("/v1/covers", a_bind(quote) | {"payment": {"method": "card"}})
        assert answer.status_code == 201, answer.text
        self.cover = answer.json()
        intent_id = self._secret_told()
        # By turns, so that as few as there may be meet each.
        member = MEMBERS[self.number % len(MEMBERS)]
        self.lane.note_mishaps()
        if intent_id is not None:
            for card in {"pays": [""], "is declined, and pays": [DECLINED, ""], "is declined": [DECLINED]}.get(
                member, []
            ):
                form = {"payment_method": card or "pm_card_visa"}
                self.till.processor.post(f"payment_intents/{intent_id}/confirm", **form)
            self.lane.mishaps(*self._some(), at="GET /v1/payment_intents/")
            self._hear(intent_id)
            self._read()
        self.lane.mishaps(*self._some(), at=self.random.choice(("POST", "GET")) + " /v1/payment_intents/")
        self.lane.let_time_pass(minutes=16)
        self.lane.work_off()
        state = self._read()
        self.lane.met["lapsed" if state == "lapsed" else "paid"] += 1
        # What was paid in time is sold, whenever it is heard of.
        assert (state == "scheduled") == (intent_id is not None and member in ("pays", "is declined, and pays"))
        if state == "scheduled" and self.random.random() < 0.5:
            self._cancel()

    def _asking(self) -> list[Fault]:
        first = [KINDS[self.number]] if self.number < len(KINDS) else self._some()
        return first + self._some()

    def _some(self) -> list[Fault]:
        return self.random.choices(KINDS, WEIGHTS, k=self.random.choice((0, 0, 1, 1, 2)))

    def _secret_told(self) -> str | None:
        """The intent, once a member who looks again and again is told; None where they gave up before."""
        for _ in range(3):
            answer = self.till.platform.get(f"/v1/covers/{self.cover['id']}")
            secret = answer.json()["payment"]["client_secret"] if answer.status_code == 200 else None
            if secret is not None:
                return str(secret).partition("_secret_")[0]
        return None

    def _hear(self, intent_id: str) -> None:
        """The events of it: lost, twice or in another order."""
        webhooks = self.till.stand_in.webhooks
        bodies = [body for body in webhooks.told if intent_id.encode() in body]
        how = self.random.choice(("lost", "twice", "disordered"))
        self.lane.met[f"events {how}"] += 1
        bodies = {"lost": [], "twice": bodies * 2, "disordered": self.random.sample(bodies, len(bodies))}[how]
        for body in bodies:
            headers = {"Stripe-Signature": webhooks.signature(body, at=time.time())}
            answer = self.till.platform.client.post(EVENTS, content=body, headers=headers)
            assert answer.status_code in (204, 422, 503), answer.text

    def _read(self) -> str:
        """The cover's state, as who reads it is told."""
        for _ in range(10):
            answer = self.till.platform.get(f"/v1/covers/{self.cover['id']}")
            if answer.status_code == 200:
                return str(answer.json()["state"])
        raise AssertionError("the cover can't be read")

    def _cancel(self) -> None:
        self.lane.mishaps(*self._some(), at=self.random.choice(("POST", "GET")) + " /v1/refunds")
        answer = self.till.platform.post(f"/v1/covers/{self.cover['id']}/cancel", {"preview": False})
        assert answer.status_code == 200, answer.text
        self.lane.work_off()
        assert self.lane.kept().get(self.cover["id"], 0) == 0
        self.lane.met["given back"] += 1


class TestProcessorFailing:
    @promise(
        3, "the processor times out, answers 500, or succeeds and its answer is lost: what was charged is what covers cost",
        unit="binds", small=12, full=1000,
        provokes=(*KINDS, "paid", "lapsed", "given back", "events lost", "events twice", "events disordered"),
    )  # fmt: skip
    def test_charges_what_covers_cost(self, house: House, trial: Trial) -> None:
        with ExitStack() as stack:
            lanes = [stack.enter_context(a_lane(house)) for _ in range(BESIDE)]

            def go_along(first: int) -> int:
                runs = range(first, trial.size, BESIDE)
                for number in runs:
                    Run(lanes[first], number, trial.seed).go()
                return len(runs)

            with ThreadPoolExecutor(BESIDE) as threads:
                for runs in threads.map(go_along, range(BESIDE)):
                    trial.done(runs)
            for lane in lanes:
                lane.note_mishaps()
                assert lane.kept() == lane.sold()
                assert examined(lane.owner, lane.till.platform.tenant).wrong == []
                self._check_whole(lane)
            trial.counts.update(sum((lane.met for lane in lanes), Counter()))

    @staticmethod
    def _check_whole(lane: Lane) -> None:
        """A cover is charged once or never, and nothing can be paid any more for what lapsed."""
        with lane.till.stand_in.account() as account:
            paid = Counter(one["metadata"]["cover"] for one in account.all_of("charge") if one["paid"])
            open_still = [
                one["id"] for one in account.all_of("payment_intent") if one["status"] not in ("succeeded", "canceled")
            ]
        assert set(paid.values()) <= {1}
        assert open_still == []
