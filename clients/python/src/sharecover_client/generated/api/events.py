from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import quote

from ...calling import Calls
from ..models.event import Event
from ..models.event_list import EventList
from ..types import UNSET, Unset


class Events(Calls):
    def list_events(
        self,
        *,
        type_: str | Unset = UNSET,
        subject: str | Unset = UNSET,
        limit: int | Unset = 20,
        starting_after: str | Unset = UNSET,
        created_gte: datetime.datetime | Unset = UNSET,
        created_lte: datetime.datetime | Unset = UNSET,
    ) -> EventList:
        """List events

        Your events, the oldest first: unlike other lists, so that you can follow them.

        Keep the last id that you have worked off and ask for what comes `starting_after` it; when there is nothing, ask again
        later with the same id. Nothing is ever put in before an event that you have seen. A key sees events about what its
        scopes let it read.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        params: dict[str, Any] = {}

        params["type"] = type_

        params["subject"] = subject

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
            "/v1/events",
            params=params,
        )
        response_200 = EventList.from_dict(response.json())

        return response_200

    def retrieve_event(
        self,
        event_id: str,
    ) -> Event:
        """Read an event

        The event, which never changes.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "GET",
            "/v1/events/{event_id}".format(
                event_id=quote(str(event_id), safe=""),
            ),
        )
        response_200 = Event.from_dict(response.json())

        return response_200
