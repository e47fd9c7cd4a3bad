from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ...calling import Calls, fresh_key, plain
from ..models.claim import Claim
from ..models.claim_step import ClaimStep
from ..models.decision_answer import DecisionAnswer
from ..models.decision_request import DecisionRequest
from ..models.exposure_file import ExposureFile
from ..models.list_payouts_state import ListPayoutsState
from ..models.loss_request import LossRequest
from ..models.payout import Payout
from ..models.payout_list import PayoutList
from ..models.payout_outcome import PayoutOutcome
from ..models.payout_request import PayoutRequest
from ..models.reserve_request import ReserveRequest
from ..types import UNSET, Unset


class Settling(Calls):
    def create_exposure(
        self,
        claim_id: str,
        *,
        body: LossRequest | Mapping[str, Any],
        idempotency_key: str | None = None,
    ) -> ExposureFile:
        """Add an exposure

        Adds a section and claimant that the claim wasn't declared with.

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
            "/v1/claims/{claim_id}/exposures".format(
                claim_id=quote(str(claim_id), safe=""),
            ),
            headers=headers,
            json=plain(body),
        )
        response_201 = ExposureFile.from_dict(response.json())

        return response_201

    def retrieve_exposure(
        self,
        exposure_id: str,
    ) -> ExposureFile:
        """Read an exposure's file

        The exposure with the terms at the loss, what was decided, set aside and paid out.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "GET",
            "/v1/exposures/{exposure_id}".format(
                exposure_id=quote(str(exposure_id), safe=""),
            ),
        )
        response_200 = ExposureFile.from_dict(response.json())

        return response_200

    def decide_exposure(
        self,
        exposure_id: str,
        *,
        body: DecisionRequest | Mapping[str, Any],
        idempotency_key: str | None = None,
    ) -> DecisionAnswer:
        """Decide on an exposure

        Approves, repudiates or gives as goodwill. What is owed at most is worked out by the terms at the loss; `preview` only
        tells it. A later decision replaces an earlier one.

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
            "/v1/exposures/{exposure_id}/decision".format(
                exposure_id=quote(str(exposure_id), safe=""),
            ),
            headers=headers,
            json=plain(body),
        )
        response_200 = DecisionAnswer.from_dict(response.json())

        return response_200

    def reserve_exposure(
        self,
        exposure_id: str,
        *,
        body: ReserveRequest | Mapping[str, Any],
        idempotency_key: str | None = None,
    ) -> ExposureFile:
        """Set an exposure's reserves

        Sets what the exposure is thought to cost still. A decision sets it to what was decided.

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
            "/v1/exposures/{exposure_id}/reserve".format(
                exposure_id=quote(str(exposure_id), safe=""),
            ),
            headers=headers,
            json=plain(body),
        )
        response_200 = ExposureFile.from_dict(response.json())

        return response_200

    def create_payout(
        self,
        exposure_id: str,
        *,
        body: PayoutRequest | Mapping[str, Any],
        idempotency_key: str | None = None,
    ) -> Payout:
        """Order a payout

        Orders an amount to be transferred: of what was decided, or what experts and lawyers cost. Who is paid, and whose cover
        it is, are looked up first.

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
            "/v1/exposures/{exposure_id}/payouts".format(
                exposure_id=quote(str(exposure_id), safe=""),
            ),
            headers=headers,
            json=plain(body),
        )
        response_201 = Payout.from_dict(response.json())

        return response_201

    def list_payouts(
        self,
        *,
        state: ListPayoutsState | Unset = UNSET,
        claim: str | Unset = UNSET,
        limit: int | Unset = 20,
        starting_after: str | Unset = UNSET,
        created_gte: datetime.datetime | Unset = UNSET,
        created_lte: datetime.datetime | Unset = UNSET,
    ) -> PayoutList:
        """List payouts

        All payouts, the newest first. Those that are `pending` are to be transferred.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        params: dict[str, Any] = {}

        json_state: str | Unset = UNSET
        if not isinstance(state, Unset):
            json_state = state

        params["state"] = json_state

        params["claim"] = claim

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
            "/v1/payouts",
            params=params,
        )
        response_200 = PayoutList.from_dict(response.json())

        return response_200

    def retrieve_payout(
        self,
        payout_id: str,
    ) -> Payout:
        """Read a payout

        The payout, with the account that it goes to.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "GET",
            "/v1/payouts/{payout_id}".format(
                payout_id=quote(str(payout_id), safe=""),
            ),
        )
        response_200 = Payout.from_dict(response.json())

        return response_200

    def settle_payout(
        self,
        payout_id: str,
        *,
        body: PayoutOutcome | Mapping[str, Any],
        idempotency_key: str | None = None,
    ) -> Payout:
        """Say what became of a payout

        Says that the amount was transferred, or that it couldn't be or came back: then it can be ordered anew.

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
            "/v1/payouts/{payout_id}/settle".format(
                payout_id=quote(str(payout_id), safe=""),
            ),
            headers=headers,
            json=plain(body),
        )
        response_200 = Payout.from_dict(response.json())

        return response_200

    def close_claim(
        self,
        claim_id: str,
        *,
        body: ClaimStep | Mapping[str, Any],
        idempotency_key: str | None = None,
    ) -> Claim:
        """Close a claim

        Closes a claim of which all is decided and paid. What is still set aside for it is released.

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
            "/v1/claims/{claim_id}/close".format(
                claim_id=quote(str(claim_id), safe=""),
            ),
            headers=headers,
            json=plain(body),
        )
        response_200 = Claim.from_dict(response.json())

        return response_200

    def reopen_claim(
        self,
        claim_id: str,
        *,
        body: ClaimStep | Mapping[str, Any],
        idempotency_key: str | None = None,
    ) -> Claim:
        """Reopen a claim

        Opens a claim again that was closed, to decide anew.

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
            "/v1/claims/{claim_id}/reopen".format(
                claim_id=quote(str(claim_id), safe=""),
            ),
            headers=headers,
            json=plain(body),
        )
        response_200 = Claim.from_dict(response.json())

        return response_200
