from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ...calling import Calls, fresh_key, plain
from ..models.claim import Claim
from ..models.claim_list import ClaimList
from ..models.claim_request import ClaimRequest
from ..models.list_claims_state import ListClaimsState
from ..models.retrieve_receipt_language import (
    RetrieveReceiptLanguage,
)
from ..types import UNSET, Unset


class Claims(Calls):
    def list_claims(
        self,
        *,
        state: ListClaimsState | Unset = UNSET,
        cover: str | Unset = UNSET,
        limit: int | Unset = 20,
        starting_after: str | Unset = UNSET,
        created_gte: datetime.datetime | Unset = UNSET,
        created_lte: datetime.datetime | Unset = UNSET,
    ) -> ClaimList:
        """List claims

        Your claims, the newest first.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        params: dict[str, Any] = {}

        json_state: str | Unset = UNSET
        if not isinstance(state, Unset):
            json_state = state

        params["state"] = json_state

        params["cover"] = cover

        params["limit"] = limit

        params["starting_after"] = starting_after

        json_created_gte: str | Unset = UNSET
        if not isinstance(created_gte, Unset):
            json_created_gte = created_gte.isoformat()
        params["created_gte"] = json_created_gte

        json_created_lte: str | Unset = UNSET
        if not isinstance(created_lte, Unset):
            json_created_lte = created_lte.isoformat()
        params["created_lte"] = json_created_lte

        params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

        response = self._ask(
            "GET",
            "/v1/claims",
            params=params,
        )
        response_200 = ClaimList.from_dict(response.json())

        return response_200

    def create_claim(
        self,
        *,
        body: ClaimRequest | Mapping[str, Any],
        idempotency_key: str | None = None,
    ) -> Claim:
        """Declare a claim

        Opens a claim. A late notice, or a loss outside the cover's window, is flagged for a person and never refused.

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
            "/v1/claims",
            headers=headers,
            json=plain(body),
        )
        response_201 = Claim.from_dict(response.json())

        return response_201

    def retrieve_claim(
        self,
        claim_id: str,
    ) -> Claim:
        """Read a claim

        The claim as it stands now.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "GET",
            "/v1/claims/{claim_id}".format(
                claim_id=quote(str(claim_id), safe=""),
            ),
        )
        response_200 = Claim.from_dict(response.json())

        return response_200

    def retrieve_receipt(
        self,
        claim_id: str,
        *,
        language: RetrieveReceiptLanguage | Unset = UNSET,
    ) -> bytes:
        """Download a claim's receipt

        That the claim arrived, what was declared, and what happens now. Nothing of what became of it since.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        params: dict[str, Any] = {}

        json_language: str | Unset = UNSET
        if not isinstance(language, Unset):
            json_language = language

        params["language"] = json_language

        params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

        response = self._ask(
            "GET",
            "/v1/claims/{claim_id}/receipt".format(
                claim_id=quote(str(claim_id), safe=""),
            ),
            params=params,
        )
        return response.content
