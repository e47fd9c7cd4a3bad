from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...calling import Calls, plain
from ..models.clock import Clock
from ..models.clock_request import ClockRequest


class TestClock(Calls):
    def retrieve_test_clock(
        self,
    ) -> Clock:
        """Read the clock

        What time it is for you: the wall's in live mode. `status` says whether all that was due by then has happened.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "GET",
            "/v1/test_clock",
        )
        response_200 = Clock.from_dict(response.json())

        return response_200

    def advance_test_clock(
        self,
        *,
        body: ClockRequest | Mapping[str, Any],
    ) -> Clock:
        """Move the clock forward

        Moves your test clock to an instant to come, to see covers begin and end. It never moves back.

        The answer doesn't wait for what falls due: events follow in the order of your clock, and `status` says when all are there.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """
        headers: dict[str, Any] = {}

        response = self._ask(
            "POST",
            "/v1/test_clock/advance",
            headers=headers,
            json=plain(body),
        )
        response_200 = Clock.from_dict(response.json())

        return response_200
