from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.cover_request_metadata import CoverRequestMetadata
    from ..models.disclosures import Disclosures
    from ..models.parties import Parties
    from ..models.payment import Payment


T = TypeVar("T", bound="CoverRequest")


@_attrs_define
class CoverRequest:
    """Binds a quote at its price. Paid by card, the cover holds its object for some minutes until its member has paid.

    Attributes:
        quote (str):
        parties (Parties):
        disclosures (Disclosures): That the information document was given before the contract (Directive (EU) 2016/97
            art. 20).
        payment (Payment):
        metadata (CoverRequestMetadata | Unset): Up to 50 facts of your own, kept and given back.
    """

    quote: str
    parties: Parties
    disclosures: Disclosures
    payment: Payment
    metadata: CoverRequestMetadata | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        quote = self.quote

        parties = self.parties.to_dict()

        disclosures = self.disclosures.to_dict()

        payment = self.payment.to_dict()

        metadata: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metadata, Unset):
            metadata = self.metadata.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "quote": quote,
                "parties": parties,
                "disclosures": disclosures,
                "payment": payment,
            }
        )
        if metadata is not UNSET:
            field_dict["metadata"] = metadata

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.cover_request_metadata import CoverRequestMetadata  # noqa: PLC0415
        from ..models.disclosures import Disclosures  # noqa: PLC0415
        from ..models.parties import Parties  # noqa: PLC0415
        from ..models.payment import Payment  # noqa: PLC0415

        d = dict(src_dict)
        quote = d.pop("quote")

        parties = Parties.from_dict(d.pop("parties"))

        disclosures = Disclosures.from_dict(d.pop("disclosures"))

        payment = Payment.from_dict(d.pop("payment"))

        _metadata = d.pop("metadata", UNSET)
        metadata: CoverRequestMetadata | Unset
        if isinstance(_metadata, Unset):
            metadata = UNSET
        else:
            metadata = CoverRequestMetadata.from_dict(_metadata)

        cover_request = cls(
            quote=quote,
            parties=parties,
            disclosures=disclosures,
            payment=payment,
            metadata=metadata,
        )

        return cover_request
