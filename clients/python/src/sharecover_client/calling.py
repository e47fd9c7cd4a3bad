"""How a request goes out: tried again where that is safe, and answered with what came or an exception."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any, Final, Protocol

import httpx
from httpx_retries import Retry, retry_request

from sharecover_client.generated import VERSION
from sharecover_client.problems import BadAnswer, ProblemError, Unreachable, problem_of

# The first request still runs: the same one asked again is answered once that is over.
STILL_RUNNING: Final = "idempotency_key_in_use"
# Nothing is half-done after these: what was asked for under a key may be asked for again.
TRIED_AGAIN: Final = (429, 500, 502, 503, 504)
# What changes nothing, though it is sent with POST.
CHANGES_NOTHING: Final = frozenset({"/v1/prices"})

_BETWEEN: Final = re.compile(r"_(gte|lte)$")


class _Body(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


def fresh_key() -> str:
    """A key for one call."""
    return str(uuid.uuid4())


def plain(body: _Body | Mapping[str, Any] | None) -> Any:
    """A body as JSON takes it."""
    return body if body is None or isinstance(body, Mapping) else body.to_dict()


class Calls:
    """One connection to the service. Raises `ValueError` for a key or an address that can't be one."""

    def __init__(
        self,
        key: str,
        *,
        base_url: str,
        timeout: float = 60.0,
        retries: int = 4,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`timeout` in seconds for each try, of which there are `retries` after the first one. They wait as long as
        the service's Retry-After says, else half a second, one, two and so on, and a minute in all at the most.
        """
        if not key.startswith(("sk_test_", "sk_live_")):
            # Never quoted: what was given may be somebody else's secret.
            raise ValueError("expected an API key, which begins with sk_test_ or sk_live_")
        if not base_url.startswith(("https://", "http://")):
            raise ValueError(f"expected the service's address such as https://api.example.org, not {base_url!r}")
        self._http = httpx.Client(
            base_url=base_url,
            timeout=timeout,
            transport=transport,
            headers={
                "Authorization": f"Bearer {key}",
                "Coverage-Version": VERSION,
                "User-Agent": "sharecover-client-python",
            },
        )
        self._retry = Retry(
            total=retries,
            allowed_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            status_forcelist=TRIED_AGAIN,
            retry_on_exceptions=(*Retry.RETRYABLE_EXCEPTIONS, _StillRunning),
            backoff_factor=0.25,
            backoff_jitter=0.5,
            total_timeout=60,
            validate_response=_raise_while_running,
        )

    def close(self) -> None:
        """Closes the connection."""
        self._http.close()

    def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> httpx.Response:
        """The answer, of a status below 300; raises `ProblemError`, `BadAnswer` or `Unreachable`."""
        params = {_BETWEEN.sub(r"[\1]", name): value for name, value in (params or {}).items()}
        options: dict[str, Any] = {"params": params, "headers": headers, "json": json}
        try:
            if method == "GET" or "idempotency-key" in (headers or {}) or path in CHANGES_NOTHING:
                response = retry_request(self._http, method, path, retry=self._retry, **options)
            else:
                # It may have been done although no answer came: whether to ask again is the caller's to judge.
                response = self._http.request(method, path, **options)
        except _StillRunning as running:
            raise running.problem from None
        except httpx.TransportError as error:
            raise Unreachable(f"{method} {path}: {str(error) or type(error).__name__}") from error
        if response.is_success:
            return response
        problem = problem_of(response)
        if problem is None:
            raise BadAnswer(f"{method} {path}: {response.status_code}, and no problem document", response)
        raise problem


class _StillRunning(Exception):
    def __init__(self, problem: ProblemError) -> None:
        super().__init__(str(problem))
        self.problem = problem


def _raise_while_running(response: httpx.Response) -> None:
    if response.status_code == 409:
        response.read()
        problem = problem_of(response)
        if problem is not None and problem.code == STILL_RUNNING:
            raise _StillRunning(problem)
