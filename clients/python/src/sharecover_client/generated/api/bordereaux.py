from __future__ import annotations

from typing import Any

from ...calling import Calls
from ..models.retrieve_bordereau_format import (
    RetrieveBordereauFormat,
)
from ..models.retrieve_bordereau_kind import (
    RetrieveBordereauKind,
)
from ..types import UNSET, Unset


class Bordereaux(Calls):
    def retrieve_bordereau(
        self,
        *,
        kind: RetrieveBordereauKind,
        month: str,
        format_: RetrieveBordereauFormat | Unset = "csv",
    ) -> bytes:
        """Download a bordereau

        Your rows by Lloyd's Coverholder Reporting Standards v5.2. They are what the journal says, or there is no file.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        params: dict[str, Any] = {}

        json_kind: str = kind
        params["kind"] = json_kind

        params["month"] = month

        json_format_: str | Unset = UNSET
        if not isinstance(format_, Unset):
            json_format_ = format_

        params["format"] = json_format_

        params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

        response = self._ask(
            "GET",
            "/v1/bordereaux",
            params=params,
        )
        return response.content
