"""What the operations need of the world outside, as they need it. `assembly` plugs the gateways in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import IO, Protocol

from coverage.domain.allowance import Allowance
from coverage.domain.certificate import Certificate
from coverage.domain.chain import Anchor
from coverage.domain.payment import (
    BalanceEntry,
    Bill,
    BillSent,
    Checkout,
    Dispute,
    Heard,
    Intent,
    Order,
    Refunded,
    RefundOrder,
)
from coverage.domain.reporting import Column, Row
from coverage.domain.vouching import SignatureFound
from coverage.domain.webhook import Answered, Letter


class Keyring(Protocol):
    """Keys that never lie in the database."""

    def wrap(self, key: bytes, place: str) -> bytes:
        """`key` wrapped under the master key, for `place`."""
        ...

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        """What was wrapped for `place`; raises `Unavailable` when this keyring can't open it."""
        ...

    def fingerprint(self, purpose: str, text: str) -> bytes:
        """HMAC-SHA-256 of `text` under the pepper for `purpose`: equal texts match, and none can be guessed back."""
        ...


class Documents(Protocol):
    """Renders documents."""

    def render(
        self, template: str, language: str, values: Mapping[str, object], enclosed: Mapping[str, bytes] | None = None
    ) -> bytes:
        """The PDF of a template, with files that lie in it by name; raises `Unavailable` where rendering fails or takes too
        long.
        """
        ...


class Signatures(Protocol):
    """Signs documents with the service's own certificate."""

    @property
    def name(self) -> str:
        """Whose certificate it is."""
        ...

    @property
    def for_trials(self) -> bool:
        """Whether nobody vouches for that certificate."""
        ...

    def sign(self, pdf: bytes) -> bytes:
        """The document, signed; raises `Unavailable` ("signing_unavailable")."""
        ...

    def look(self, pdf: bytes) -> SignatureFound:
        """Whose signature is on a file of anybody's, and whether it holds; raises `Unavailable` ("checking_busy")."""
        ...


class Wallet(Protocol):
    """Makes cards for the wallet on a member's phone."""

    def address_of(self, certificate: Certificate) -> str:
        """Where the member adds the cover; nothing is told to anybody before it is opened."""
        ...


class Limits(Protocol):
    """Counts how often somebody does something, on all processes together."""

    def take(self, what: str, who: str) -> Allowance | None:
        """Counts one more of `what`, unless nothing is left for it; None where there is no limit on it."""
        ...

    def refusal(self, what: str, who: str) -> Allowance | None:
        """How they were refused last, while that holds still, as far as it is known without asking anybody."""
        ...


class Blobs(Protocol):
    """Keeps bytes by name. A name is written once."""

    def put(self, name: str, content: bytes) -> None:
        """Keeps `content`; the bytes are safe on disk when it returns."""
        ...

    def get(self, name: str) -> bytes:
        """What was kept; raises `Unavailable` where it isn't there."""
        ...


class Anchors(Protocol):
    """Keeps what was sealed where whoever rules the database can't reach. Append-only."""

    def begun(self) -> bool:
        """Whether there is any anchor yet. Raises `Unavailable`."""
        ...

    def advance(self, anchor: Anchor) -> Anchor:
        """Adds the anchor, unless one as far or farther is there; answers the last that is there now.

        It is safe on disk when this returns. Raises `Unavailable`.
        """
        ...


class Payments(Protocol):
    """The card processor's account of one mode. Every method that asks for something may be called again with the same
    ids, and asks once. Each raises `Unavailable` ("payments_unavailable") where it can't be known what became of the
    call, and `Rejected` ("payments_refused") where the processor refuses it for good.
    """

    def ask(self, order: Order) -> Intent:
        """The intent of a payment: made when it is asked for first, the same one ever after."""
        ...

    def look(self, intent_id: str) -> Intent:
        """The intent as it is now."""
        ...

    def give_up(self, intent_id: str) -> Intent:
        """Cancels the intent, unless it was paid before; answers it as it is then: cancelled, succeeded or processing."""
        ...

    def open_checkout(self, order: Order, *, paid_url: str, back_url: str, until: datetime) -> Checkout:
        """A page on which the order is paid, until an instant of the wall's clock (the processor may allow longer)."""
        ...

    def look_at_checkout(self, checkout_id: str) -> Checkout:
        """The page as it is now."""
        ...

    def close_checkout(self, checkout_id: str) -> Checkout:
        """Closes the page, unless it was paid on before; answers it as it is then."""
        ...

    def refund(self, order: RefundOrder) -> Refunded:
        """Gives back a part of what was paid."""
        ...

    def look_at_refund(self, refund_id: str) -> Refunded:
        """The refund as it is now, by the processor's id: one that was given may still fail."""
        ...

    def look_at_dispute(self, dispute_id: str) -> Dispute:
        """The dispute as it is now."""
        ...

    def hear(self, body: bytes, signature: str) -> Heard:
        """What an event is about, its signature verified; raises `Rejected` ("bad_signature")."""
        ...

    def balance(self, since: datetime) -> Iterator[BalanceEntry]:
        """The movements of the balance from an instant on, the oldest first."""
        ...

    def send_bill(self, bill: Bill) -> BillSent:
        """Sends an invoice; the same one when it is asked for again."""
        ...

    def look_at_bill(self, bill_id: str) -> BillSent:
        """The invoice as it is now."""
        ...


class Tables(Protocol):
    """Writes the rows of reports as files."""

    def write(
        self, into: IO[bytes], format: str, columns: Sequence[Column], batches: Iterable[Sequence[Row]]
    ) -> None:  # fmt: skip
        """A heading and all rows as "csv", "xlsx" or "parquet", batch by batch; raises ValueError for another format.

        The same rows are the same bytes. Text is text, whatever a spreadsheet might take it for.
        """
        ...


class Posting(Protocol):
    """Sends webhooks to the addresses that partners name."""

    def check(self, url: str, *, livemode: bool) -> None:
        """Refuses an address that nothing would be sent to; raises `Rejected`."""
        ...

    def post(self, letter: Letter) -> Answered:
        """Sends a letter once, within a bounded time; what went wrong stands in the answer."""
        ...


class Outgoing(Protocol):
    """Where files lie that go out to others."""

    def put(self, name: str, content: bytes) -> None:
        """Lays a file there; the same name again is the same file. Safe on disk when it returns; raises `Unavailable`."""
        ...
