from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define

from ..models.change_kind import ChangeKind, check_change_kind
from ..models.change_state import ChangeState, check_change_state
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.change_metadata import ChangeMetadata
    from ..models.money import Money
    from ..models.payment_seen import PaymentSeen
    from ..models.price import Price
    from ..models.reason import Reason


T = TypeVar("T", bound="Change")


@_attrs_define
class Change:
    """A change of a cover at its price, to be confirmed until `expires_at`.

    Attributes:
        id (str):
        livemode (bool):
        cover (str):
        kind (ChangeKind):
        state (ChangeState):
        start (datetime.datetime): From when what is new counts; of a raise, from its confirmation.
        end (datetime.datetime): The cover's end once it is confirmed; of an early return, its confirmation.
        expires_at (datetime.datetime | None):
        reasons (list[Reason]):
        price (None | Price): The difference, line by line; null when declined.
        due (Money): An amount in minor units (cents) of a currency (ISO 4217).
        payment (PaymentSeen): How a cover, or a change of one, is paid for. By card: what is still to be paid, and
            until when.
        transaction (None | str):
        metadata (ChangeMetadata):
        created_at (datetime.datetime):
        object_ (Literal['change'] | Unset):  Default: 'change'.
    """

    id: str
    livemode: bool
    cover: str
    kind: ChangeKind
    state: ChangeState
    start: datetime.datetime
    end: datetime.datetime
    expires_at: datetime.datetime | None
    reasons: list[Reason]
    price: None | Price
    due: Money
    payment: PaymentSeen
    transaction: None | str
    metadata: ChangeMetadata
    created_at: datetime.datetime
    object_: Literal["change"] | Unset = "change"

    def to_dict(self) -> dict[str, Any]:
        from ..models.price import Price  # noqa: PLC0415

        id = self.id

        livemode = self.livemode

        cover = self.cover

        kind: str = self.kind

        state: str = self.state

        start = self.start.isoformat()

        end = self.end.isoformat()

        expires_at: None | str
        if isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        reasons = []
        for reasons_item_data in self.reasons:
            reasons_item = reasons_item_data.to_dict()
            reasons.append(reasons_item)

        price: dict[str, Any] | None
        if isinstance(self.price, Price):
            price = self.price.to_dict()
        else:
            price = self.price

        due = self.due.to_dict()

        payment = self.payment.to_dict()

        transaction: None | str
        transaction = self.transaction

        metadata = self.metadata.to_dict()

        created_at = self.created_at.isoformat()

        object_ = self.object_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "livemode": livemode,
                "cover": cover,
                "kind": kind,
                "state": state,
                "start": start,
                "end": end,
                "expires_at": expires_at,
                "reasons": reasons,
                "price": price,
                "due": due,
                "payment": payment,
                "transaction": transaction,
                "metadata": metadata,
                "created_at": created_at,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.change_metadata import ChangeMetadata  # noqa: PLC0415
        from ..models.money import Money  # noqa: PLC0415
        from ..models.payment_seen import PaymentSeen  # noqa: PLC0415
        from ..models.price import Price  # noqa: PLC0415
        from ..models.reason import Reason  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        livemode = d.pop("livemode")

        cover = d.pop("cover")

        kind = check_change_kind(d.pop("kind"))

        state = check_change_state(d.pop("state"))

        start = datetime.datetime.fromisoformat(d.pop("start"))

        end = datetime.datetime.fromisoformat(d.pop("end"))

        def _parse_expires_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        expires_at = _parse_expires_at(d.pop("expires_at"))

        reasons = []
        _reasons = d.pop("reasons")
        for reasons_item_data in _reasons:
            reasons_item = Reason.from_dict(reasons_item_data)

            reasons.append(reasons_item)

        def _parse_price(data: object) -> None | Price:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                price_type_0 = Price.from_dict(data)

                return price_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Price, data)

        price = _parse_price(d.pop("price"))

        due = Money.from_dict(d.pop("due"))

        payment = PaymentSeen.from_dict(d.pop("payment"))

        def _parse_transaction(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        transaction = _parse_transaction(d.pop("transaction"))

        metadata = ChangeMetadata.from_dict(d.pop("metadata"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        object_ = cast(Literal["change"] | Unset, d.pop("object", UNSET))
        if object_ != "change" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'change', got '{object_}'")

        change = cls(
            id=id,
            livemode=livemode,
            cover=cover,
            kind=kind,
            state=state,
            start=start,
            end=end,
            expires_at=expires_at,
            reasons=reasons,
            price=price,
            due=due,
            payment=payment,
            transaction=transaction,
            metadata=metadata,
            created_at=created_at,
            object_=object_,
        )

        return change
