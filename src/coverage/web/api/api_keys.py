"""`/v1/api_keys`: a partner hands out its own keys, rotates them and ends them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Response
from pydantic import Field

from coverage.domain.scopes import MEANINGS, told
from coverage.operations.house import Work
from coverage.operations.keying import KeyState, create_key, find_key, list_keys, revoke_key, rotate_key, state_of
from coverage.storage.partners import KeySeen
from coverage.web.api.access import TheCaller, TheHouse, ThePage, needs, plainly
from coverage.web.api.bodies import StrictRoute
from coverage.web.api.shapes import SAYS_SOMETHING, Duration, InstantSeen, Shape, instant_text

SCOPES_TOLD = "; ".join(f"`{scope}`: {meaning}" for scope, meaning in MEANINGS.items())


class KeyRequest(Shape):
    """A key to be made. It gives no more than the key that makes it."""

    name: str = Field(max_length=120, pattern=SAYS_SOMETHING, description="For people: who uses it, and for what.")
    scopes: list[Annotated[str, Field(max_length=40)]] | None = Field(
        None,
        max_length=20,
        description=f"What it may do; without it, all that a platform does (no `settling`, no `keys`). {SCOPES_TOLD}.",
    )


class KeyRotation(Shape):
    expires_in: Duration = Field(
        description="For how long the old key is valid yet, beside the new one: PT0S to P30D, such as P1D."
    )


class KeyStep(Shape):
    """Nothing more to say."""


class ApiKey(Shape):
    """An API key, without the key itself."""

    id: str
    object: Literal["api_key"] = "api_key"
    livemode: bool
    name: str | None
    scopes: list[str] = Field(description="What it may do. To write is to read, too.")
    hint: str = Field(description="Its last four characters, to tell keys apart.")
    state: KeyState = Field(
        description="`rotating`: another has taken its place, and it is valid until `expires_at` yet."
    )
    created_by: str | None = Field(description="The key that made it; `operator` where the service's operator did.")
    last_used_at: InstantSeen | None = Field(description="To the minute; null for one that was never used.")
    expires_at: InstantSeen | None
    revoked_at: InstantSeen | None
    replaced_by: str | None = Field(description="The key that it was rotated for.")
    created_at: InstantSeen


class ApiKeyMade(ApiKey):
    """An API key with the key itself, which is shown this once."""

    key: str = Field(description="Keep it where secrets are kept: it isn't kept here, and can't be shown again.")


class ApiKeyList(Shape):
    object: Literal["list"] = "list"
    data: list[ApiKey]
    has_more: bool


router = APIRouter(prefix="/v1/api_keys", tags=["API keys"], route_class=StrictRoute, dependencies=[needs("keys")])

KeyId = Annotated[str, Path(description="The API key's id: `key_…`, not the key itself.")]


@router.post("", response_model=ApiKeyMade, status_code=201, operation_id="createApiKey", summary="Make an API key")
def create(house: TheHouse, caller: TheCaller, body: KeyRequest) -> Response:
    """A new key of your mode. Its secret stands in this answer alone: where the answer is lost, revoke the key and make
    another. So a repeat makes a second key, and no Idempotency-Key is used.
    """
    with house.transaction(caller) as tx:
        made = create_key(tx, body.name, body.scopes)
        shape = ApiKeyMade(**_told(tx, made.seen), key=made.secret)
    return plainly(shape, 201)


@router.get("", response_model=ApiKeyList, operation_id="listApiKeys", summary="List API keys")
def list_all(house: TheHouse, caller: TheCaller, page: ThePage) -> Response:
    """Your keys of this mode, the newest first, those that open nothing any more among them."""
    with house.transaction(caller) as tx:
        found, more = list_keys(tx, page)
        return plainly(ApiKeyList(data=[ApiKey(**_told(tx, key)) for key in found], has_more=more))


@router.get("/{key_id}", response_model=ApiKey, operation_id="retrieveApiKey", summary="Read an API key")
def retrieve(house: TheHouse, caller: TheCaller, key_id: KeyId) -> Response:
    """The key, with when it was last used."""
    with house.transaction(caller) as tx:
        return plainly(ApiKey(**_told(tx, find_key(tx, key_id))))


@router.post(
    "/{key_id}/rotate",
    response_model=ApiKeyMade,
    status_code=201,
    operation_id="rotateApiKey",
    summary="Rotate an API key",
)
def rotate(house: TheHouse, caller: TheCaller, key_id: KeyId, body: KeyRotation) -> Response:
    """A new key with the same name and scopes. The old one opens things for `expires_in` yet, and nothing from then on."""
    with house.transaction(caller) as tx:
        made = rotate_key(tx, key_id, body.expires_in)
        shape = ApiKeyMade(**_told(tx, made.seen), key=made.secret)
    return plainly(shape, 201)


@router.post("/{key_id}/revoke", response_model=ApiKey, operation_id="revokeApiKey", summary="Revoke an API key")
def revoke(house: TheHouse, caller: TheCaller, key_id: KeyId, body: KeyStep) -> Response:  # noqa: ARG001
    """Ends a key, be it the one that asks: within a second it opens nothing anywhere."""
    with house.transaction(caller) as tx:
        shape = ApiKey(**_told(tx, revoke_key(tx, key_id)))
    return plainly(shape)


def _told(tx: Work, key: KeySeen) -> dict[str, Any]:
    return {
        "id": key.id, "livemode": tx.tenant.livemode, "name": key.name, "scopes": told(key.scopes), "hint": key.hint,
        "state": state_of(key, tx.wall), "created_by": key.created_by, "replaced_by": key.replaced_by,
        "created_at": instant_text(key.created_at),
    } | {
        name: instant_text(at) if (at := getattr(key, name)) else None
        for name in ("last_used_at", "expires_at", "revoked_at")
    }  # fmt: skip
