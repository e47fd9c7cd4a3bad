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

from ..models.cover_state import CoverState, check_cover_state
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.cover_metadata import CoverMetadata
    from ..models.party_seen import PartySeen
    from ..models.payment_seen import PaymentSeen
    from ..models.price import Price
    from ..models.transaction import Transaction


T = TypeVar("T", bound="Cover")


@_attrs_define
class Cover:
    """A cover. `state` follows the clock: scheduled, on_risk, ended; or where it was stopped.

    Attributes:
        id (str):
        livemode (bool):
        number (str): The certificate's number.
        state (CoverState):
        quote (str):
        product (str):
        country (str):
        master_policy (str):
        start (datetime.datetime):
        end (datetime.datetime):
        timezone (str):
        parties (list[PartySeen]):
        price (Price): A price line by line: net + surcharges + taxes + fees = gross.
        transactions (list[Transaction]):
        payment (PaymentSeen): How a cover, or a change of one, is paid for. By card: what is still to be paid, and
            until when.
        certificate_url (str):
        cancelled_at (datetime.datetime | None):
        metadata (CoverMetadata):
        created_at (datetime.datetime):
        object_ (Literal['cover'] | Unset):  Default: 'cover'.
        member_url (None | str | Unset): Opens the member's page, to hand to the member alone. Told when the one cover
            is read, null elsewhere.
    """

    id: str
    livemode: bool
    number: str
    state: CoverState
    quote: str
    product: str
    country: str
    master_policy: str
    start: datetime.datetime
    end: datetime.datetime
    timezone: str
    parties: list[PartySeen]
    price: Price
    transactions: list[Transaction]
    payment: PaymentSeen
    certificate_url: str
    cancelled_at: datetime.datetime | None
    metadata: CoverMetadata
    created_at: datetime.datetime
    object_: Literal["cover"] | Unset = "cover"
    member_url: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        livemode = self.livemode

        number = self.number

        state: str = self.state

        quote = self.quote

        product = self.product

        country = self.country

        master_policy = self.master_policy

        start = self.start.isoformat()

        end = self.end.isoformat()

        timezone = self.timezone

        parties = []
        for parties_item_data in self.parties:
            parties_item = parties_item_data.to_dict()
            parties.append(parties_item)

        price = self.price.to_dict()

        transactions = []
        for transactions_item_data in self.transactions:
            transactions_item = transactions_item_data.to_dict()
            transactions.append(transactions_item)

        payment = self.payment.to_dict()

        certificate_url = self.certificate_url

        cancelled_at: None | str
        if isinstance(self.cancelled_at, datetime.datetime):
            cancelled_at = self.cancelled_at.isoformat()
        else:
            cancelled_at = self.cancelled_at

        metadata = self.metadata.to_dict()

        created_at = self.created_at.isoformat()

        object_ = self.object_

        member_url: None | str | Unset
        if isinstance(self.member_url, Unset):
            member_url = UNSET
        else:
            member_url = self.member_url

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "livemode": livemode,
                "number": number,
                "state": state,
                "quote": quote,
                "product": product,
                "country": country,
                "master_policy": master_policy,
                "start": start,
                "end": end,
                "timezone": timezone,
                "parties": parties,
                "price": price,
                "transactions": transactions,
                "payment": payment,
                "certificate_url": certificate_url,
                "cancelled_at": cancelled_at,
                "metadata": metadata,
                "created_at": created_at,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_
        if member_url is not UNSET:
            field_dict["member_url"] = member_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.cover_metadata import CoverMetadata  # noqa: PLC0415
        from ..models.party_seen import PartySeen  # noqa: PLC0415
        from ..models.payment_seen import PaymentSeen  # noqa: PLC0415
        from ..models.price import Price  # noqa: PLC0415
        from ..models.transaction import Transaction  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        livemode = d.pop("livemode")

        number = d.pop("number")

        state = check_cover_state(d.pop("state"))

        quote = d.pop("quote")

        product = d.pop("product")

        country = d.pop("country")

        master_policy = d.pop("master_policy")

        start = datetime.datetime.fromisoformat(d.pop("start"))

        end = datetime.datetime.fromisoformat(d.pop("end"))

        timezone = d.pop("timezone")

        parties = []
        _parties = d.pop("parties")
        for parties_item_data in _parties:
            parties_item = PartySeen.from_dict(parties_item_data)

            parties.append(parties_item)

        price = Price.from_dict(d.pop("price"))

        transactions = []
        _transactions = d.pop("transactions")
        for transactions_item_data in _transactions:
            transactions_item = Transaction.from_dict(transactions_item_data)

            transactions.append(transactions_item)

        payment = PaymentSeen.from_dict(d.pop("payment"))

        certificate_url = d.pop("certificate_url")

        def _parse_cancelled_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                cancelled_at_type_0 = datetime.datetime.fromisoformat(data)

                return cancelled_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        cancelled_at = _parse_cancelled_at(d.pop("cancelled_at"))

        metadata = CoverMetadata.from_dict(d.pop("metadata"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        object_ = cast(Literal["cover"] | Unset, d.pop("object", UNSET))
        if object_ != "cover" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'cover', got '{object_}'")

        def _parse_member_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        member_url = _parse_member_url(d.pop("member_url", UNSET))

        cover = cls(
            id=id,
            livemode=livemode,
            number=number,
            state=state,
            quote=quote,
            product=product,
            country=country,
            master_policy=master_policy,
            start=start,
            end=end,
            timezone=timezone,
            parties=parties,
            price=price,
            transactions=transactions,
            payment=payment,
            certificate_url=certificate_url,
            cancelled_at=cancelled_at,
            metadata=metadata,
            created_at=created_at,
            object_=object_,
            member_url=member_url,
        )

        return cover
