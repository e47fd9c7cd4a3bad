from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.change_request_kind import ChangeRequestKind, check_change_request_kind
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.change_request_metadata import ChangeRequestMetadata
    from ..models.change_request_risk import ChangeRequestRisk


T = TypeVar("T", bound="ChangeRequest")


@_attrs_define
class ChangeRequest:
    """A change of a cover that is in force, to be priced.

    Attributes:
        kind (ChangeRequestKind): `extend`: a later `end`. `raise`: more cover, from the confirmation on.
            `return_early`: ends at the confirmation.
        end (datetime.datetime | None | Unset): With `extend`: the new end.
        risk (ChangeRequestRisk | Unset): With `raise`: what is to be higher.
        metadata (ChangeRequestMetadata | Unset): Up to 50 facts of your own, kept and given back.
    """

    kind: ChangeRequestKind
    end: datetime.datetime | None | Unset = UNSET
    risk: ChangeRequestRisk | Unset = UNSET
    metadata: ChangeRequestMetadata | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        kind: str = self.kind

        end: None | str | Unset
        if isinstance(self.end, Unset):
            end = UNSET
        elif isinstance(self.end, datetime.datetime):
            end = self.end.isoformat()
        else:
            end = self.end

        risk: dict[str, Any] | Unset = UNSET
        if not isinstance(self.risk, Unset):
            risk = self.risk.to_dict()

        metadata: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metadata, Unset):
            metadata = self.metadata.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
            }
        )
        if end is not UNSET:
            field_dict["end"] = end
        if risk is not UNSET:
            field_dict["risk"] = risk
        if metadata is not UNSET:
            field_dict["metadata"] = metadata

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.change_request_metadata import ChangeRequestMetadata  # noqa: PLC0415
        from ..models.change_request_risk import ChangeRequestRisk  # noqa: PLC0415

        d = dict(src_dict)
        kind = check_change_request_kind(d.pop("kind"))

        def _parse_end(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                end_type_0 = datetime.datetime.fromisoformat(data)

                return end_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        end = _parse_end(d.pop("end", UNSET))

        _risk = d.pop("risk", UNSET)
        risk: ChangeRequestRisk | Unset
        if isinstance(_risk, Unset):
            risk = UNSET
        else:
            risk = ChangeRequestRisk.from_dict(_risk)

        _metadata = d.pop("metadata", UNSET)
        metadata: ChangeRequestMetadata | Unset
        if isinstance(_metadata, Unset):
            metadata = UNSET
        else:
            metadata = ChangeRequestMetadata.from_dict(_metadata)

        change_request = cls(
            kind=kind,
            end=end,
            risk=risk,
            metadata=metadata,
        )

        return change_request
