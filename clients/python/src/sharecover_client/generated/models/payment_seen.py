from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.payment_seen_method import PaymentSeenMethod, check_payment_seen_method
from ..models.payment_seen_state_type_0 import (
    PaymentSeenStateType0,
    check_payment_seen_state_type_0,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="PaymentSeen")


@_attrs_define
class PaymentSeen:
    """How a cover, or a change of one, is paid for. By card: what is still to be paid, and until when.

    Attributes:
        method (PaymentSeenMethod):
        id (None | str | Unset): Of a card payment.
        state (None | PaymentSeenStateType0 | Unset):
        amount (Money | None | Unset):
        refunded (Money | None | Unset): What goes back, or has gone back.
        hold_until (datetime.datetime | None | Unset): Until when it is waited for.
        declined (None | str | Unset): Why the last card was refused, in the processor's code.
        client_secret (None | str | Unset): For Stripe's Payment Element in your app, to hand to the member alone. Told
            when the one cover or change is read while it waits, null elsewhere.
    """

    method: PaymentSeenMethod
    id: None | str | Unset = UNSET
    state: None | PaymentSeenStateType0 | Unset = UNSET
    amount: Money | None | Unset = UNSET
    refunded: Money | None | Unset = UNSET
    hold_until: datetime.datetime | None | Unset = UNSET
    declined: None | str | Unset = UNSET
    client_secret: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.money import Money  # noqa: PLC0415

        method: str = self.method

        id: None | str | Unset
        if isinstance(self.id, Unset):
            id = UNSET
        else:
            id = self.id

        state: None | str | Unset
        if isinstance(self.state, Unset):
            state = UNSET
        elif isinstance(self.state, str):
            state = self.state
        else:
            state = self.state

        amount: dict[str, Any] | None | Unset
        if isinstance(self.amount, Unset):
            amount = UNSET
        elif isinstance(self.amount, Money):
            amount = self.amount.to_dict()
        else:
            amount = self.amount

        refunded: dict[str, Any] | None | Unset
        if isinstance(self.refunded, Unset):
            refunded = UNSET
        elif isinstance(self.refunded, Money):
            refunded = self.refunded.to_dict()
        else:
            refunded = self.refunded

        hold_until: None | str | Unset
        if isinstance(self.hold_until, Unset):
            hold_until = UNSET
        elif isinstance(self.hold_until, datetime.datetime):
            hold_until = self.hold_until.isoformat()
        else:
            hold_until = self.hold_until

        declined: None | str | Unset
        if isinstance(self.declined, Unset):
            declined = UNSET
        else:
            declined = self.declined

        client_secret: None | str | Unset
        if isinstance(self.client_secret, Unset):
            client_secret = UNSET
        else:
            client_secret = self.client_secret

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "method": method,
            }
        )
        if id is not UNSET:
            field_dict["id"] = id
        if state is not UNSET:
            field_dict["state"] = state
        if amount is not UNSET:
            field_dict["amount"] = amount
        if refunded is not UNSET:
            field_dict["refunded"] = refunded
        if hold_until is not UNSET:
            field_dict["hold_until"] = hold_until
        if declined is not UNSET:
            field_dict["declined"] = declined
        if client_secret is not UNSET:
            field_dict["client_secret"] = client_secret

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        method = check_payment_seen_method(d.pop("method"))

        def _parse_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        id = _parse_id(d.pop("id", UNSET))

        def _parse_state(data: object) -> None | PaymentSeenStateType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                state_type_0 = check_payment_seen_state_type_0(data)

                return state_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PaymentSeenStateType0 | Unset, data)

        state = _parse_state(d.pop("state", UNSET))

        def _parse_amount(data: object) -> Money | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                amount_type_0 = Money.from_dict(data)

                return amount_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Money | None | Unset, data)

        amount = _parse_amount(d.pop("amount", UNSET))

        def _parse_refunded(data: object) -> Money | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                refunded_type_0 = Money.from_dict(data)

                return refunded_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Money | None | Unset, data)

        refunded = _parse_refunded(d.pop("refunded", UNSET))

        def _parse_hold_until(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                hold_until_type_0 = datetime.datetime.fromisoformat(data)

                return hold_until_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        hold_until = _parse_hold_until(d.pop("hold_until", UNSET))

        def _parse_declined(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        declined = _parse_declined(d.pop("declined", UNSET))

        def _parse_client_secret(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        client_secret = _parse_client_secret(d.pop("client_secret", UNSET))

        payment_seen = cls(
            method=method,
            id=id,
            state=state,
            amount=amount,
            refunded=refunded,
            hold_until=hold_until,
            declined=declined,
            client_secret=client_secret,
        )

        return payment_seen
