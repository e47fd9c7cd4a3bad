from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ...calling import Calls
from ..models.product import Product
from ..models.product_list import ProductList
from ..models.retrieve_information_document_language import (
    RetrieveInformationDocumentLanguage,
)
from ..models.retrieve_information_document_pdf_language import (
    RetrieveInformationDocumentPdfLanguage,
)
from ..models.retrieve_information_document_response_200 import (
    RetrieveInformationDocumentResponse200,
)
from ..types import UNSET, Unset


class Products(Calls):
    def list_products(
        self,
    ) -> ProductList:
        """List products

        What is on sale now, by product and country.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "GET",
            "/v1/products",
        )
        response_200 = ProductList.from_dict(response.json())

        return response_200

    def retrieve_product(
        self,
        product: str,
        *,
        country: str | Unset = UNSET,
    ) -> Product:
        """Read a product

        The product with the JSON Schema of its `risk`, its texts and its information documents.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        params: dict[str, Any] = {}

        params["country"] = country

        params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

        response = self._ask(
            "GET",
            "/v1/products/{product}".format(
                product=quote(str(product), safe=""),
            ),
            params=params,
        )
        response_200 = Product.from_dict(response.json())

        return response_200

    def retrieve_information_document(
        self,
        product: str,
        *,
        country: str | Unset = UNSET,
        language: RetrieveInformationDocumentLanguage | Unset = UNSET,
        accept_language: str | Unset = UNSET,
    ) -> RetrieveInformationDocumentResponse200:
        """Read a product's information document

        What the member must be given before the contract, in the order of Regulation (EU) 2017/1469.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """
        headers: dict[str, Any] = {}
        if not isinstance(accept_language, Unset):
            headers["accept-language"] = accept_language

        params: dict[str, Any] = {}

        params["country"] = country

        json_language: str | Unset = UNSET
        if not isinstance(language, Unset):
            json_language = language

        params["language"] = json_language

        params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

        response = self._ask(
            "GET",
            "/v1/products/{product}/ipid".format(
                product=quote(str(product), safe=""),
            ),
            params=params,
            headers=headers,
        )
        response_200 = RetrieveInformationDocumentResponse200.from_dict(response.json())

        return response_200

    def retrieve_information_document_pdf(
        self,
        product: str,
        *,
        country: str | Unset = UNSET,
        language: RetrieveInformationDocumentPdfLanguage | Unset = UNSET,
        accept_language: str | Unset = UNSET,
    ) -> bytes:
        """Download a product's information document

        What the member must be given before the contract, as PDF: two sides of A4 at the most, with your insurer's name.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """
        headers: dict[str, Any] = {}
        if not isinstance(accept_language, Unset):
            headers["accept-language"] = accept_language

        params: dict[str, Any] = {}

        params["country"] = country

        json_language: str | Unset = UNSET
        if not isinstance(language, Unset):
            json_language = language

        params["language"] = json_language

        params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

        response = self._ask(
            "GET",
            "/v1/products/{product}/ipid/pdf".format(
                product=quote(str(product), safe=""),
            ),
            params=params,
            headers=headers,
        )
        return response.content
