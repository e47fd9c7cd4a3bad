from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...calling import Calls, plain
from ..models.price_list import PriceList
from ..models.prices_request import PricesRequest
from ..types import UNSET, Unset


class Prices(Calls):
    def price_risks(
        self,
        *,
        body: PricesRequest | Mapping[str, Any],
        accept_language: str | Unset = UNSET,
    ) -> PriceList:
        """Price many risks

        Prices up to 1,000 risks by the rules in force, each on its own: one that is declined or can't be read doesn't
        spoil the others. Nothing is kept, so there is nothing to bind: ask for a quote of the one that is chosen.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """
        headers: dict[str, Any] = {}
        if not isinstance(accept_language, Unset):
            headers["accept-language"] = accept_language

        response = self._ask(
            "POST",
            "/v1/prices",
            headers=headers,
            json=plain(body),
        )
        response_200 = PriceList.from_dict(response.json())

        return response_200
