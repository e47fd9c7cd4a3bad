from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ...calling import Calls, fresh_key, plain
from ..models.cancel_request import CancelRequest
from ..models.cancellation import Cancellation
from ..models.cover import Cover
from ..models.cover_list import CoverList
from ..models.cover_request import CoverRequest
from ..models.document_list import DocumentList
from ..models.list_covers_state import ListCoversState
from ..models.retrieve_calendar_language import RetrieveCalendarLanguage
from ..models.retrieve_certificate_language import RetrieveCertificateLanguage
from ..models.retrieve_cover_information_language import (
    RetrieveCoverInformationLanguage,
)
from ..models.retrieve_terms_language import RetrieveTermsLanguage
from ..types import UNSET, Unset


class Covers(Calls):
    def list_covers(
        self,
        *,
        state: ListCoversState | Unset = UNSET,
        policyholder: str | Unset = UNSET,
        limit: int | Unset = 20,
        starting_after: str | Unset = UNSET,
        created_gte: datetime.datetime | Unset = UNSET,
        created_lte: datetime.datetime | Unset = UNSET,
    ) -> CoverList:
        """List covers

        Your covers, the newest first.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        params: dict[str, Any] = {}

        json_state: str | Unset = UNSET
        if not isinstance(state, Unset):
            json_state = state

        params["state"] = json_state

        params["policyholder"] = policyholder

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
            "/v1/covers",
            params=params,
        )
        response_200 = CoverList.from_dict(response.json())

        return response_200

    def create_cover(
        self,
        *,
        body: CoverRequest | Mapping[str, Any],
        idempotency_key: str | None = None,
    ) -> Cover:
        """Bind a quote

        Issues a cover at the quote's price, and invoices it to you. With `card` the cover is `awaiting_payment` for up to
        15 minutes; read it to get the `client_secret` with which its member pays. It is issued once that is paid.

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
            "/v1/covers",
            headers=headers,
            json=plain(body),
        )
        response_201 = Cover.from_dict(response.json())

        return response_201

    def retrieve_cover(
        self,
        cover_id: str,
    ) -> Cover:
        """Read a cover

        The cover as it stands now, with `member_url`: the address of its page, to hand to the member alone. While it waits
        for its card payment, with the `client_secret` too.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "GET",
            "/v1/covers/{cover_id}".format(
                cover_id=quote(str(cover_id), safe=""),
            ),
        )
        response_200 = Cover.from_dict(response.json())

        return response_200

    def cancel_cover(
        self,
        cover_id: str,
        *,
        body: CancelRequest | Mapping[str, Any],
        idempotency_key: str | None = None,
    ) -> Cancellation:
        """Cancel a cover

        Gives back what the product's refund rule says, or with `withdrawal` what the law does. `preview` only tells how
        much that would be.

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
            "/v1/covers/{cover_id}/cancel".format(
                cover_id=quote(str(cover_id), safe=""),
            ),
            headers=headers,
            json=plain(body),
        )
        response_200 = Cancellation.from_dict(response.json())

        return response_200

    def retrieve_certificate(
        self,
        cover_id: str,
        *,
        language: RetrieveCertificateLanguage | Unset = UNSET,
    ) -> bytes:
        """Download the certificate

        The certificate as PDF. It is made when first asked for, and the same ever after.

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
            "/v1/covers/{cover_id}/certificate".format(
                cover_id=quote(str(cover_id), safe=""),
            ),
            params=params,
        )
        return response.content

    def list_documents(
        self,
        cover_id: str,
    ) -> DocumentList:
        """List a cover's documents

        What can be downloaded of a cover, in each language. One that isn't issued has its information document alone.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "GET",
            "/v1/covers/{cover_id}/documents".format(
                cover_id=quote(str(cover_id), safe=""),
            ),
        )
        response_200 = DocumentList.from_dict(response.json())

        return response_200

    def retrieve_terms(
        self,
        cover_id: str,
        *,
        language: RetrieveTermsLanguage | Unset = UNSET,
    ) -> bytes:
        """Download a cover's terms

        The terms of the cover as they stand, in full: what is covered and how far, what isn't, and what to do. They are kept,
        and the same bytes each time until the cover changes.

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
            "/v1/covers/{cover_id}/terms".format(
                cover_id=quote(str(cover_id), safe=""),
            ),
            params=params,
        )
        return response.content

    def retrieve_cover_information(
        self,
        cover_id: str,
        *,
        language: RetrieveCoverInformationLanguage | Unset = UNSET,
    ) -> bytes:
        """Download a cover's information document

        The information document of the product, as it stood when the cover was quoted (Regulation (EU) 2017/1469). Of an issued
        cover it is kept, and the same bytes each time.

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
            "/v1/covers/{cover_id}/ipid".format(
                cover_id=quote(str(cover_id), safe=""),
            ),
            params=params,
        )
        return response.content

    def retrieve_calendar(
        self,
        cover_id: str,
        *,
        language: RetrieveCalendarLanguage | Unset = UNSET,
    ) -> bytes:
        """Download a cover's hours for a calendar

        The cover's hours as an event, for the member's calendar. Imported again after a change, it moves.

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
            "/v1/covers/{cover_id}/calendar".format(
                cover_id=quote(str(cover_id), safe=""),
            ),
            params=params,
        )
        return response.content
