"""Promise 5: however often a cancellation is sent, and by however many at once, the money goes back once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx2

from coverage.domain.faults import Unavailable
from coverage.domain.tenant import Caller
from coverage.operations.collecting import send_refunds
from coverage.operations.house import House
from coverage.rulebook.editions import Library
from coverage.worker import Worker
from tests.answers import the_problem
from tests.lending import an_exchange
from tests.promises.books import examined, waiting
from tests.promises.lanes import Lane, a_lane
from tests.promises.trial import Trial, promise
from tests.serving import at_once

SENDERS = 20
WORKERS = 4
REPLAYED = "Idempotent-Replayed"


class TestGivenBackOnce:
    @promise(
        5, "every cancellation sent twice by 20 workers: exactly one refund each, and never more than was paid",
        unit="covers", small=6, full=500, provokes=("refused", "replayed", "sent by several at once"),
    )  # fmt: skip
    def test_gives_back_once(self, house: House, tariffs: Library, trial: Trial) -> None:
        with a_lane(house, tariffs) as lane:
            covers = [self._paid(lane, number) for number in range(trial.size)]
            lane.work_off()
            back = self._cancel_twice(lane, covers, trial)
            self._send_at_once(lane, covers, trial)
            self._check(lane, back)
            trial.done(len(covers))

    @staticmethod
    def _paid(lane: Lane, number: int) -> dict[str, Any]:
        """A week before it begins half of it goes back, less a fee, so that twice would still be less than was paid; more
        than a month before, all but the fee.
        """
        start = lane.wall.now + timedelta(days=7 if number % 4 else 32)
        period = {"start": start.isoformat(), "end": (start + timedelta(days=7)).isoformat()}
        quote = lane.till.platform.quote(**an_exchange(home_address=f"{number} rue des Lilas") | period)
        return lane.till.issued(quote)

    @staticmethod
    def _cancel_twice(lane: Lane, covers: list[dict[str, Any]], trial: Trial) -> dict[str, int]:
        """Each is sent twice: half of them repeated under their key, half asked for anew under another. What goes back."""
        sent = [(cover, f"{cover['id']}/{time * (index % 2)}") for index, cover in enumerate(covers) for time in (0, 1)]

        def cancel(one: tuple[dict[str, Any], str]) -> tuple[str, httpx2.Response]:
            cover, key = one
            return cover["id"], lane.till.platform.post(f"/v1/covers/{cover['id']}/cancel", {"preview": False}, key=key)

        # Those of one cover stand beside each other, so that they come at once.
        with ThreadPoolExecutor(SENDERS) as senders:
            answers = list(senders.map(cancel, sent))
        first = [(cover, answer) for cover, answer in answers if answer.is_success and REPLAYED not in answer.headers]
        assert Counter(cover for cover, _ in first) == Counter(cover["id"] for cover in covers)
        for _, answer in answers:
            trial.met("replayed", REPLAYED in answer.headers)
            if answer.status_code != 200:
                problem = the_problem(answer, 409)
                assert problem["code"] in ("cover_cancelled", "idempotency_key_in_use"), problem
                trial.met("refused")
        # Who came while the first was at it is told now what that was told.
        for cover, key in sent[::4]:
            answer = lane.till.platform.post(f"/v1/covers/{cover['id']}/cancel", {"preview": False}, key=key)
            assert (answer.status_code, answer.headers.get(REPLAYED)) == (200, "true")
            trial.met("replayed")
        return {cover: answer.json()["refund"]["amount"] for cover, answer in first}

    @staticmethod
    def _send_at_once(lane: Lane, covers: list[dict[str, Any]], trial: Trial) -> None:
        """Several workers have the same job, as when a lease ran out; then they do what is left, each its own."""
        caller = Caller(lane.till.platform.tenant, "worker")
        for cover in covers:

            def send(_: int, cover_id: str = cover["id"]) -> bool:
                try:
                    send_refunds(lane.till.house, caller, cover_id)
                except Unavailable:
                    return False
                return True

            assert any(at_once(WORKERS, send))
            trial.met("sent by several at once")

        def drain(_: int) -> None:
            worker = Worker(lane.till.house, lane.till.queue)
            while worker.work_once():
                pass

        at_once(WORKERS, drain)
        lane.work_off()
        assert waiting(lane.owner, lane.till.platform.tenant) == 0

    @staticmethod
    def _check(lane: Lane, told: dict[str, int]) -> None:
        with lane.till.stand_in.account() as account:
            intents = {one["id"]: one["metadata"]["cover"] for one in account.all_of("payment_intent")}
            back = [(intents[one["payment_intent"]], one["amount"]) for one in account.all_of("refund")]
            charged = Counter(intents[one["payment_intent"]] for one in account.all_of("charge"))
        assert set(charged.values()) == {1}
        assert sorted(back) == sorted(told.items())
        assert lane.kept() == lane.sold()
        assert examined(lane.owner, lane.till.platform.tenant).wrong == []
