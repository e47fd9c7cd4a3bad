from __future__ import annotations

from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.product_ipid import ProductIpid
    from ..models.product_name import ProductName
    from ..models.product_parties import ProductParties
    from ..models.product_risk_schema import ProductRiskSchema
    from ..models.product_sections_item import ProductSectionsItem
    from ..models.product_summary import ProductSummary
    from ..models.product_term import ProductTerm
    from ..models.product_texts import ProductTexts


T = TypeVar("T", bound="Product")


@_attrs_define
class Product:
    """A product on sale: what it asks for and what people read of it.

    Attributes:
        id (str):
        country (str):
        edition (str):
        currency (str):
        timezone (str):
        name (ProductName):
        summary (ProductSummary):
        term (ProductTerm): Shortest and longest cover, and how far ahead, as ISO 8601 durations.
        starts_at_issue (bool):
        parties (ProductParties):
        territory (list[str]):
        risk_schema (ProductRiskSchema): JSON Schema 2020-12 of `risk`.
        sections (list[ProductSectionsItem]):
        texts (ProductTexts):
        ipid (ProductIpid):
        object_ (Literal['product'] | Unset):  Default: 'product'.
    """

    id: str
    country: str
    edition: str
    currency: str
    timezone: str
    name: ProductName
    summary: ProductSummary
    term: ProductTerm
    starts_at_issue: bool
    parties: ProductParties
    territory: list[str]
    risk_schema: ProductRiskSchema
    sections: list[ProductSectionsItem]
    texts: ProductTexts
    ipid: ProductIpid
    object_: Literal["product"] | Unset = "product"

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        country = self.country

        edition = self.edition

        currency = self.currency

        timezone = self.timezone

        name = self.name.to_dict()

        summary = self.summary.to_dict()

        term = self.term.to_dict()

        starts_at_issue = self.starts_at_issue

        parties = self.parties.to_dict()

        territory = self.territory

        risk_schema = self.risk_schema.to_dict()

        sections = []
        for sections_item_data in self.sections:
            sections_item = sections_item_data.to_dict()
            sections.append(sections_item)

        texts = self.texts.to_dict()

        ipid = self.ipid.to_dict()

        object_ = self.object_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "country": country,
                "edition": edition,
                "currency": currency,
                "timezone": timezone,
                "name": name,
                "summary": summary,
                "term": term,
                "starts_at_issue": starts_at_issue,
                "parties": parties,
                "territory": territory,
                "risk_schema": risk_schema,
                "sections": sections,
                "texts": texts,
                "ipid": ipid,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.product_ipid import ProductIpid  # noqa: PLC0415
        from ..models.product_name import ProductName  # noqa: PLC0415
        from ..models.product_parties import ProductParties  # noqa: PLC0415
        from ..models.product_risk_schema import ProductRiskSchema  # noqa: PLC0415
        from ..models.product_sections_item import ProductSectionsItem  # noqa: PLC0415
        from ..models.product_summary import ProductSummary  # noqa: PLC0415
        from ..models.product_term import ProductTerm  # noqa: PLC0415
        from ..models.product_texts import ProductTexts  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        country = d.pop("country")

        edition = d.pop("edition")

        currency = d.pop("currency")

        timezone = d.pop("timezone")

        name = ProductName.from_dict(d.pop("name"))

        summary = ProductSummary.from_dict(d.pop("summary"))

        term = ProductTerm.from_dict(d.pop("term"))

        starts_at_issue = d.pop("starts_at_issue")

        parties = ProductParties.from_dict(d.pop("parties"))

        territory = cast(list[str], d.pop("territory"))

        risk_schema = ProductRiskSchema.from_dict(d.pop("risk_schema"))

        sections = []
        _sections = d.pop("sections")
        for sections_item_data in _sections:
            sections_item = ProductSectionsItem.from_dict(sections_item_data)

            sections.append(sections_item)

        texts = ProductTexts.from_dict(d.pop("texts"))

        ipid = ProductIpid.from_dict(d.pop("ipid"))

        object_ = cast(Literal["product"] | Unset, d.pop("object", UNSET))
        if object_ != "product" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'product', got '{object_}'")

        product = cls(
            id=id,
            country=country,
            edition=edition,
            currency=currency,
            timezone=timezone,
            name=name,
            summary=summary,
            term=term,
            starts_at_issue=starts_at_issue,
            parties=parties,
            territory=territory,
            risk_schema=risk_schema,
            sections=sections,
            texts=texts,
            ipid=ipid,
            object_=object_,
        )

        return product
