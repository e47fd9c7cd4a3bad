from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ...calling import Calls, fresh_key, plain
from ..models.change import Change
from ..models.change_request import ChangeRequest
from ..models.confirm_request import ConfirmRequest


class Changes(Calls):
    def create_change(
        self,
        cover_id: str,
        *,
        body: ChangeRequest | Mapping[str, Any],
        idempotency_key: str | None = None,
    ) -> Change:
        """Ask what a change costs

        Prices a change of a cover in force. It comes true once you confirm it, within a quarter of an hour.

        Without an `idempotency_key` one is made for this call, and kept while it is tried again.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """
        idempotency_key = idempotency_key or fresh_key()
        headers: dict[str, Any] = {}
        headers["idempotency-key"] = idempotency_key

        response = self._ask(
            "POST",
            "/v1/covers/{cover_id}/changes".format(
                cover_id=quote(str(cover_id), safe=""),
            ),
            headers=headers,
            json=plain(body),
        )
        response_201 = Change.from_dict(response.json())

        return response_201

    def retrieve_change(
        self,
        change_id: str,
    ) -> Change:
        """Read a change

        The change as it stands now. While it waits for its card payment, with the `client_secret`.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "GET",
            "/v1/changes/{change_id}".format(
                change_id=quote(str(change_id), safe=""),
            ),
        )
        response_200 = Change.from_dict(response.json())

        return response_200

    def confirm_change(
        self,
        change_id: str,
        *,
        body: ConfirmRequest | Mapping[str, Any],
        idempotency_key: str | None = None,
    ) -> Change:
        """Confirm a change

        Lets the change come true at its price: at once, or where the cover was paid by card once the difference is paid too.
        A new certificate replaces the one before.

        Without an `idempotency_key` one is made for this call, and kept while it is tried again.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """
        idempotency_key = idempotency_key or fresh_key()
        headers: dict[str, Any] = {}
        headers["idempotency-key"] = idempotency_key

        response = self._ask(
            "POST",
            "/v1/changes/{change_id}/confirm".format(
                change_id=quote(str(change_id), safe=""),
            ),
            headers=headers,
            json=plain(body),
        )
        response_200 = Change.from_dict(response.json())

        return response_200
