from __future__ import annotations

from ...calling import Calls
from ..models.livez_response_200 import LivezResponse200
from ..models.readyz_response_200 import ReadyzResponse200


class Health(Calls):
    def livez(
        self,
    ) -> LivezResponse200:
        """Whether the process lives

        200 while the process answers, whatever becomes of the database.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "GET",
            "/livez",
        )
        response_200 = LivezResponse200.from_dict(response.json())

        return response_200

    def readyz(
        self,
    ) -> ReadyzResponse200:
        """Whether the service can work

        200 when the database answers and an edition is on sale, else 503. Broken rule files are named either way.

        What they said before they broke may still be on sale: each process goes on with what it could read last.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "GET",
            "/readyz",
        )
        response_200 = ReadyzResponse200.from_dict(response.json())

        return response_200
