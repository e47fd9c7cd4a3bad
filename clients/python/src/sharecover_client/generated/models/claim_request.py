from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..models.claim_request_cause import ClaimRequestCause, check_claim_request_cause
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.claim_contact import ClaimContact
    from ..models.claim_request_metadata import ClaimRequestMetadata
    from ..models.loss_request import LossRequest


T = TypeVar("T", bound="ClaimRequest")


@_attrs_define
class ClaimRequest:
    """A loss, declared. A late or doubtful one is noted, never refused.

    Attributes:
        cover (str):
        loss_at (datetime.datetime): RFC 3339, with an offset.
        cause (ClaimRequestCause):
        description (str):
        losses (list[LossRequest] | Unset):
        contact (ClaimContact | Unset):
        metadata (ClaimRequestMetadata | Unset): Up to 50 facts of your own, kept and given back.
    """

    cover: str
    loss_at: datetime.datetime
    cause: ClaimRequestCause
    description: str
    losses: list[LossRequest] | Unset = UNSET
    contact: ClaimContact | Unset = UNSET
    metadata: ClaimRequestMetadata | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        cover = self.cover

        loss_at = self.loss_at.isoformat()

        cause: str = self.cause

        description = self.description

        losses: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.losses, Unset):
            losses = []
            for losses_item_data in self.losses:
                losses_item = losses_item_data.to_dict()
                losses.append(losses_item)

        contact: dict[str, Any] | Unset = UNSET
        if not isinstance(self.contact, Unset):
            contact = self.contact.to_dict()

        metadata: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metadata, Unset):
            metadata = self.metadata.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "cover": cover,
                "loss_at": loss_at,
                "cause": cause,
                "description": description,
            }
        )
        if losses is not UNSET:
            field_dict["losses"] = losses
        if contact is not UNSET:
            field_dict["contact"] = contact
        if metadata is not UNSET:
            field_dict["metadata"] = metadata

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.claim_contact import ClaimContact  # noqa: PLC0415
        from ..models.claim_request_metadata import ClaimRequestMetadata  # noqa: PLC0415
        from ..models.loss_request import LossRequest  # noqa: PLC0415

        d = dict(src_dict)
        cover = d.pop("cover")

        loss_at = datetime.datetime.fromisoformat(d.pop("loss_at"))

        cause = check_claim_request_cause(d.pop("cause"))

        description = d.pop("description")

        _losses = d.pop("losses", UNSET)
        losses: list[LossRequest] | Unset = UNSET
        if _losses is not UNSET:
            losses = []
            for losses_item_data in _losses:
                losses_item = LossRequest.from_dict(losses_item_data)

                losses.append(losses_item)

        _contact = d.pop("contact", UNSET)
        contact: ClaimContact | Unset
        if isinstance(_contact, Unset):
            contact = UNSET
        else:
            contact = ClaimContact.from_dict(_contact)

        _metadata = d.pop("metadata", UNSET)
        metadata: ClaimRequestMetadata | Unset
        if isinstance(_metadata, Unset):
            metadata = UNSET
        else:
            metadata = ClaimRequestMetadata.from_dict(_metadata)

        claim_request = cls(
            cover=cover,
            loss_at=loss_at,
            cause=cause,
            description=description,
            losses=losses,
            contact=contact,
            metadata=metadata,
        )

        return claim_request
