from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ...calling import Calls, plain
from ..models.api_key import ApiKey
from ..models.api_key_list import ApiKeyList
from ..models.api_key_made import ApiKeyMade
from ..models.key_request import KeyRequest
from ..models.key_rotation import KeyRotation
from ..models.key_step import KeyStep
from ..types import UNSET, Unset


class ApiKeys(Calls):
    def list_api_keys(
        self,
        *,
        limit: int | Unset = 20,
        starting_after: str | Unset = UNSET,
        created_gte: datetime.datetime | Unset = UNSET,
        created_lte: datetime.datetime | Unset = UNSET,
    ) -> ApiKeyList:
        """List API keys

        Your keys of this mode, the newest first, those that open nothing any more among them.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        params: dict[str, Any] = {}

        params["limit"] = limit

        params["starting_after"] = starting_after

        json_created_gte: str | Unset = UNSET
        if not isinstance(created_gte, Unset):
            json_created_gte = created_gte.isoformat()
        params["created_gte"] = json_created_gte

        json_created_lte: str | Unset = UNSET
        if not isinstance(created_lte, Unset):
            json_created_lte = created_lte.isoformat()
        params["created_lte"] = json_created_lte

        params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

        response = self._ask(
            "GET",
            "/v1/api_keys",
            params=params,
        )
        response_200 = ApiKeyList.from_dict(response.json())

        return response_200

    def create_api_key(
        self,
        *,
        body: KeyRequest | Mapping[str, Any],
    ) -> ApiKeyMade:
        """Make an API key

        A new key of your mode. Its secret stands in this answer alone: where the answer is lost, revoke the key and make
        another. So a repeat makes a second key, and no Idempotency-Key is used.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """
        headers: dict[str, Any] = {}

        response = self._ask(
            "POST",
            "/v1/api_keys",
            headers=headers,
            json=plain(body),
        )
        response_201 = ApiKeyMade.from_dict(response.json())

        return response_201

    def retrieve_api_key(
        self,
        key_id: str,
    ) -> ApiKey:
        """Read an API key

        The key, with when it was last used.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "GET",
            "/v1/api_keys/{key_id}".format(
                key_id=quote(str(key_id), safe=""),
            ),
        )
        response_200 = ApiKey.from_dict(response.json())

        return response_200

    def rotate_api_key(
        self,
        key_id: str,
        *,
        body: KeyRotation | Mapping[str, Any],
    ) -> ApiKeyMade:
        """Rotate an API key

        A new key with the same name and scopes. The old one opens things for `expires_in` yet, and nothing from then on.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """
        headers: dict[str, Any] = {}

        response = self._ask(
            "POST",
            "/v1/api_keys/{key_id}/rotate".format(
                key_id=quote(str(key_id), safe=""),
            ),
            headers=headers,
            json=plain(body),
        )
        response_201 = ApiKeyMade.from_dict(response.json())

        return response_201

    def revoke_api_key(
        self,
        key_id: str,
        *,
        body: KeyStep | Mapping[str, Any],
    ) -> ApiKey:
        """Revoke an API key

        Ends a key, be it the one that asks: within a second it opens nothing anywhere.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """
        headers: dict[str, Any] = {}

        response = self._ask(
            "POST",
            "/v1/api_keys/{key_id}/revoke".format(
                key_id=quote(str(key_id), safe=""),
            ),
            headers=headers,
            json=plain(body),
        )
        response_200 = ApiKey.from_dict(response.json())

        return response_200
