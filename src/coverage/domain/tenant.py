"""Who a row belongs to: a partner in one mode. Test and live data never meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["test", "live"]


@dataclass(frozen=True, slots=True)
class Tenant:
    """A partner in one mode; its `id` stands on every row that is the tenant's."""

    partner_id: str
    mode: Mode

    @property
    def id(self) -> str:
        return f"{self.partner_id}:{self.mode}"

    @property
    def livemode(self) -> bool:
        return self.mode == "live"

    @classmethod
    def of(cls, tenant_id: str) -> Tenant:
        """The tenant that `tenant_id` names; raises ValueError for text that names none."""
        partner_id, _, mode = tenant_id.partition(":")
        if mode == "test":
            return cls(partner_id, "test")
        if mode == "live":
            return cls(partner_id, "live")
        raise ValueError(f"{tenant_id!r} names no tenant")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts: a tenant through one of its credentials (`actor`, with its scopes), or the service itself for it."""

    tenant: Tenant
    actor: str
    request_id: str = ""
    scopes: frozenset[str] = frozenset()
