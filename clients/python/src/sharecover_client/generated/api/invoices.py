from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import quote

from ...calling import Calls
from ..models.invoice import Invoice
from ..models.invoice_list import InvoiceList
from ..models.list_invoices_state import ListInvoicesState
from ..models.retrieve_invoice_pdf_language import (
    RetrieveInvoicePdfLanguage,
)
from ..types import UNSET, Unset


class Invoices(Calls):
    def list_invoices(
        self,
        *,
        state: ListInvoicesState | Unset = UNSET,
        limit: int | Unset = 20,
        starting_after: str | Unset = UNSET,
        created_gte: datetime.datetime | Unset = UNSET,
        created_lte: datetime.datetime | Unset = UNSET,
    ) -> InvoiceList:
        """List invoices

        Your invoices, the newest first. One is made when a month is over that anything was booked in.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        params: dict[str, Any] = {}

        json_state: str | Unset = UNSET
        if not isinstance(state, Unset):
            json_state = state

        params["state"] = json_state

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
            "/v1/invoices",
            params=params,
        )
        response_200 = InvoiceList.from_dict(response.json())

        return response_200

    def retrieve_invoice(
        self,
        invoice_id: str,
    ) -> Invoice:
        """Read an invoice

        The invoice. What it is for never changes; whether it was paid does.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "GET",
            "/v1/invoices/{invoice_id}".format(
                invoice_id=quote(str(invoice_id), safe=""),
            ),
        )
        response_200 = Invoice.from_dict(response.json())

        return response_200

    def retrieve_invoice_pdf(
        self,
        invoice_id: str,
        *,
        language: RetrieveInvoicePdfLanguage | Unset = UNSET,
        accept_language: str | Unset = UNSET,
    ) -> bytes:
        """Download an invoice

        The invoice as PDF. It is made when first asked for, and the same ever after.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """
        headers: dict[str, Any] = {}
        if not isinstance(accept_language, Unset):
            headers["accept-language"] = accept_language

        params: dict[str, Any] = {}

        json_language: str | Unset = UNSET
        if not isinstance(language, Unset):
            json_language = language

        params["language"] = json_language

        params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

        response = self._ask(
            "GET",
            "/v1/invoices/{invoice_id}/pdf".format(
                invoice_id=quote(str(invoice_id), safe=""),
            ),
            params=params,
            headers=headers,
        )
        return response.content

    def retrieve_invoice_csv(
        self,
        invoice_id: str,
    ) -> bytes:
        """Download an invoice's transactions

        Each transaction as a row (RFC 4180), with your own reference of the policyholder; amounts in units of the currency.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "GET",
            "/v1/invoices/{invoice_id}/csv".format(
                invoice_id=quote(str(invoice_id), safe=""),
            ),
        )
        return response.content
