from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

from ...calling import Calls, fresh_key, plain
from ..models.quote import Quote
from ..models.quote_request import QuoteRequest
from ..types import UNSET, Unset


class Quotes(Calls):
    def create_quote(
        self,
        *,
        body: QuoteRequest | Mapping[str, Any],
        idempotency_key: str | None = None,
        accept_language: str | Unset = UNSET,
    ) -> Quote:
        """Ask for a price

        Prices a risk by the rules in force. A declined or referred risk is answered too, with its reasons.

        Without an `idempotency_key` one is made for this call, and kept while it is tried again.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """
        idempotency_key = idempotency_key or fresh_key()
        headers: dict[str, Any] = {}
        if not isinstance(idempotency_key, Unset):
            headers["idempotency-key"] = idempotency_key

        if not isinstance(accept_language, Unset):
            headers["accept-language"] = accept_language

        response = self._ask(
            "POST",
            "/v1/quotes",
            headers=headers,
            json=plain(body),
        )
        response_201 = Quote.from_dict(response.json())

        return response_201

    def retrieve_quote(
        self,
        quote_id: str,
        *,
        expand: list[Literal["explanation"]] | Unset = UNSET,
    ) -> Quote:
        """Read a quote

        The quote as it stands now. With `expand[]=explanation` each step of its price, replayed from what is kept.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        params: dict[str, Any] = {}

        json_expand: list[Literal["explanation"]] | Unset = UNSET
        if not isinstance(expand, Unset):
            json_expand = expand

        params["expand[]"] = json_expand

        params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

        response = self._ask(
            "GET",
            "/v1/quotes/{quote_id}".format(
                quote_id=quote(str(quote_id), safe=""),
            ),
            params=params,
        )
        response_200 = Quote.from_dict(response.json())

        return response_200
