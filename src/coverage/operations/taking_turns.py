"""Taking turns: what a worker's round does for each tenant in turn, where one that fails doesn't hold up the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from coverage.domain.faults import Unavailable
from coverage.domain.tenant import Tenant


def for_each(tenant_ids: Iterable[str], do: Callable[[Tenant], int], what: str, log: logging.Logger) -> int:
    """Does it for each tenant; answers what that comes to in all. `what` is done, for the log: "a month".

    Raises `Unavailable` when the database itself is away: there is nothing to be done for anybody.
    """
    done = 0
    for tenant_id in tenant_ids:
        try:
            done += do(Tenant.of(tenant_id))
        except Unavailable as fault:
            # Somebody else is at this one.
            if fault.code != "overloaded":
                raise
            log.warning("%s of %s waits: %s", what, tenant_id, fault.detail)
        except Exception:
            log.exception("%s of %s failed", what, tenant_id)
    return done
