"""`/v1/webhook_endpoints`: who wants to be told what, and how telling it went."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from jsonschema import ValidationError
from sqlalchemy import text
from standardwebhooks import Webhook

from coverage.domain.kinds import KINDS
from coverage.domain.tenant import Caller
from coverage.domain.webhook import RETRIES
from coverage.gateways.webhook_posting import WebhookPost
from coverage.operations.delivering import Courier, prune_deliveries
from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.answers import NOBODY, resolve, the_problem
from tests.builders import Platform, enrol_platform
from tests.happenings import one_of_every_kind
from tests.lending import Wall
from tests.listening import Listener, listening, nowhere
from tests.logs import seal_all
from tests.web.api.bodies import LISTENER
from tests.web.api.test_api_keys import make as make_key
from tests.web.api.test_api_keys import with_key
from tests.web.api.test_documentation import check_against

AT = "/v1/webhook_endpoints"


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


def make(platform: Platform, url: str = LISTENER, *events: str, **more: Any) -> dict[str, Any]:
    answer = platform.post(AT, {"url": url} | ({"events": list(events)} if events else {}) | more)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


@dataclass
class Post:
    """A partner, on a clock that a test moves, and whoever sends its webhooks."""

    platform: Platform
    house: House
    owner: Database
    wall: Wall
    courier: Courier

    def send(self) -> None:
        """Seals what happened and sends all that is due now."""
        seal_all(self.owner, self.house)
        queue = replace(self.owner, role="sharecover_worker")
        while self.courier.once(self.house, queue) or self.courier.busy:
            pass

    def deliveries(self, endpoint: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
        answer = self.platform.get(f"{AT}/{endpoint['id']}/deliveries", params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["data"]
        return found

    def seen(self, endpoint: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.platform.get(f"{AT}/{endpoint['id']}").json()
        return found

    def pass_time(self, **later: float) -> None:
        self.wall.now += timedelta(**later)


@pytest.fixture
def post(owner: Database, house_with: Callable[..., House]) -> Iterator[Post]:
    wall, courier = Wall(datetime.now(UTC).replace(microsecond=0)), Courier()
    house = house_with(wall=wall, posting=WebhookPost(loopback=True, timeout_seconds=5, resolver=nowhere))
    with TestClient(create_app(house), raise_server_exceptions=False) as client:
        yield Post(enrol_platform(owner, house, client), house, owner, wall, courier)
    courier.close()


class TestEndpoints:
    def test_show_their_secret_once(self, platform: Platform) -> None:
        made = make(platform)
        assert made["secret"].startswith("whsec_")
        assert len(base64.b64decode(made["secret"].removeprefix("whsec_"))) == 32
        seen = platform.get(f"{AT}/{made['id']}").json()
        assert seen == {name: value for name, value in made.items() if name != "secret"}
        assert platform.get(AT).json()["data"] == [seen]
        assert (seen["state"], seen["events"], seen["livemode"]) == ("enabled", ["*"], False)

    def test_change_and_go(self, platform: Platform) -> None:
        made = make(platform, LISTENER, "cover.*", description="Bookings")
        answer = platform.post(f"{AT}/{made['id']}", {"events": ["claim.created", "claim.created"]})
        assert (answer.json()["events"], answer.json()["description"]) == (["claim.created"], "Bookings")
        assert platform.post(f"{AT}/{made['id']}", {"description": None}).json()["description"] is None
        gone = platform.call("DELETE", f"{AT}/{made['id']}")
        assert gone.json() == {"id": made["id"], "object": "webhook_endpoint", "deleted": True}
        the_problem(platform.get(f"{AT}/{made['id']}"), 404, "unknown_endpoint")
        the_problem(platform.call("DELETE", f"{AT}/{made['id']}"), 404, "unknown_endpoint")

    @pytest.mark.parametrize(
        "url",
        [
            "http://platform.example/",
            "https://10.0.0.7/",
            "https://u:p@platform.example/",
            "nowhere",
            "https://platform.example/#x",
        ],
    )
    def test_are_refused_where_nothing_is_sent(self, platform: Platform, url: str) -> None:
        problem = the_problem(platform.post(AT, {"url": url}), 422, "invalid_request")
        assert problem["errors"][0]["pointer"] == "/url"
        made = make(platform)
        the_problem(platform.post(f"{AT}/{made['id']}", {"url": url}), 422, "invalid_request")

    @pytest.mark.parametrize(
        ("events", "near"),
        [(["cover.*", "cover.isued"], "cover.issued"), (["covers.*"], "cover.*"), (["webhook_endpoint.ping"], "")],
    )
    def test_are_refused_for_events_that_are_none(self, platform: Platform, events: list[str], near: str) -> None:
        problem = the_problem(platform.post(AT, {"url": LISTENER, "events": events}), 422, "invalid_request")
        assert problem["errors"][0]["pointer"] == f"/events/{len(events) - 1}"
        assert near in problem["errors"][0]["detail"]

    def test_are_bounded_in_number(self, platform: Platform) -> None:
        for _ in range(16):
            make(platform)
        the_problem(platform.post(AT, {"url": LISTENER}), 409, "too_many_endpoints")

    def test_are_told_no_more_than_their_key_may_read(self, platform: Platform, owner: Database, house: House) -> None:
        narrow = with_key(platform, make_key(platform, "covers:read", "webhooks:write"))
        made = make(narrow)
        problem = the_problem(narrow.post(AT, {"url": LISTENER, "events": ["claim.*"]}), 403, "scope_missing")
        assert problem["scope"] == "claims:read"
        cover = platform.cover(platform.quote(start="at_issue", end=None, duration="PT1H"))
        platform.claim(cover)
        seal_all(owner, house)
        told = platform.get(f"{AT}/{made['id']}/deliveries").json()["data"]
        assert [one["type"] for one in told] == ["cover.issued"]

    def test_are_changed_by_who_may_read_what_they_are_told(self, platform: Platform) -> None:
        made = make(platform)
        told = platform.post(f"{AT}/{made['id']}/ping", {}).json()
        narrow = with_key(platform, make_key(platform, "covers:read", "webhooks:write"))
        at = f"{AT}/{made['id']}"
        for path, body in (
            (at, {"url": "https://elsewhere.example/"}), (f"{at}/rotate_secret", {"expires_in": "PT0S"}), (f"{at}/enable", {}),
            (f"{at}/ping", {}), (f"{at}/deliveries/{told['id']}/resend", {}),
        ):  # fmt: skip
            the_problem(narrow.post(path, body), 403, "scope_missing")
        the_problem(narrow.get(f"{at}/deliveries/{told['id']}"), 403, "scope_missing")
        assert platform.get(at).json()["url"] == LISTENER

    def test_are_read_and_changed_by_keys_with_the_scope(self, platform: Platform) -> None:
        reader = with_key(platform, make_key(platform, "webhooks:read"))
        assert reader.get(AT).status_code == 200
        assert the_problem(reader.post(AT, {"url": LISTENER}), 403, "scope_missing")["scope"] == "webhooks:write"
        stranger = with_key(platform, make_key(platform, "covers:write"))
        assert the_problem(stranger.get(AT), 403, "scope_missing")["scope"] == "webhooks:read"


class TestTelling:
    def test_sends_the_event_as_it_is_read(self, post: Post, listener: Listener) -> None:
        made = make(post.platform, listener.url, "cover.*")
        cover = post.platform.cover()
        post.platform.post(f"/v1/covers/{cover['id']}/cancel", {})
        post.send()
        heard = sorted((json.loads(one.body) for one in listener.wait(2)), key=lambda one: int(one["sequence"]))
        assert [(one["type"], one["subject"], one["sequence"]) for one in heard] == [
            ("cover.issued", cover["id"], 1), ("cover.cancelled", cover["id"], 2),
        ]  # fmt: skip
        for request in listener.heard:
            event = post.platform.get(f"/v1/events/{request.headers['webhook-id']}")
            assert request.body == event.content, "the same to whoever asks and to whom it is sent"
            assert request.headers["webhook-timestamp"] == str(int(post.wall.now.timestamp()))
        assert {one["state"] for one in post.deliveries(made)} == {"delivered"}

    def test_sends_each_kind_as_the_document_has_it(self, post: Post, listener: Listener) -> None:
        document = post.platform.client.get("/openapi.json").json()
        made = make(post.platform, listener.url, "*")
        facts = one_of_every_kind()
        with post.house.transaction(Caller(post.platform.tenant, NOBODY)) as tx:
            for fact in facts:
                tx.record(fact)
        post.platform.post(f"{AT}/{made['id']}/ping", {})
        post.pass_time(seconds=1)
        post.send()
        seen = set()
        for heard in listener.wait(len(facts)):
            event = json.loads(heard.body)
            seen.add(event["type"])
            told = document["webhooks"][event["type"]]["post"]
            check_against(document, told["requestBody"]["content"]["application/json"]["schema"], event)
            for one in told["parameters"]:
                header = resolve(document, one["$ref"].removeprefix("#"))
                check_against(document, header["schema"], heard.headers[header["name"]])
        assert seen == set(KINDS) == set(document["webhooks"])
        listed = post.platform.get("/v1/events", params={"limit": 100}).json()
        assert {event["type"] for event in listed["data"]} == set(KINDS)
        check_against(document, document["components"]["schemas"]["EventList"], listed)
        for event in listed["data"]:
            event["data"]["strange"] = 1
            with pytest.raises(ValidationError):
                check_against(document, document["components"]["schemas"]["EventSeen"], event)

    def test_is_done_once_where_it_is_taken(self, post: Post, listener: Listener) -> None:
        make(post.platform, listener.url, "quote.created")
        post.platform.quote()
        for _ in range(3):
            post.send()
            post.pass_time(days=1)
        assert len(listener.heard) == 1

    def test_tells_an_endpoint_what_it_asked_for_alone(self, post: Post, listener: Listener) -> None:
        make(post.platform, f"{listener.url}/quotes", "quote.*")
        make(post.platform, f"{listener.url}/all")
        post.platform.cover()
        post.send()
        heard = sorted((one.path.rpartition("/")[2], json.loads(one.body)["type"]) for one in listener.heard)
        assert heard == [
            ("all", "cover.issued"), ("all", "quote.created"), ("all", "webhook_endpoint.created"), ("quotes", "quote.created"),
        ], "and of itself nothing"  # fmt: skip

    def test_tells_no_other_partner_nor_mode(self, post: Post, listener: Listener, owner: Database) -> None:
        other = enrol_platform(owner, post.house, post.platform.client)
        made = make(other, listener.url)
        post.platform.cover()
        post.send()
        assert [one["type"] for one in replace(post, platform=other).deliveries(made)] == []

    def test_keeps_what_was_sent_and_answered(self, post: Post, listener: Listener) -> None:
        listener.answer = lambda _: (503, {"Retry-After": "7"}, b"busy \xff\x00 now")
        made = make(post.platform, listener.url, "cover.issued")
        post.platform.cover()
        post.send()
        (told,) = post.deliveries(made)
        assert (told["state"], told["attempts"]) == ("waiting", 1)
        full = post.platform.get(f"{AT}/{made['id']}/deliveries/{told['id']}").json()
        (attempt,) = full["tries"]
        assert (attempt["number"], attempt["status"], attempt["error"]) == (1, 503, None)
        assert attempt["request"]["url"] == listener.url
        assert attempt["request"]["body"].encode() == listener.heard[0].body
        assert attempt["request"]["headers"]["webhook-signature"] == listener.heard[0].headers["webhook-signature"]
        assert attempt["answer"]["body"] == "busy \ufffd\ufffd now"
        assert attempt["answer"]["headers"]["retry-after"] == "7"
        assert made["secret"] not in json.dumps(full)

    def test_keeps_it_for_thirty_days(self, post: Post, listener: Listener) -> None:
        made = make(post.platform, listener.url, "cover.issued")
        post.platform.cover()
        post.send()
        queue = replace(post.owner, role="sharecover_worker")
        prune_deliveries(queue, post.wall.now + timedelta(days=30))
        assert len(post.deliveries(made)) == 1
        prune_deliveries(queue, post.wall.now + timedelta(days=30, seconds=1))
        assert post.deliveries(made) == []


class TestRetries:
    def test_come_as_they_are_told_and_end_with_the_endpoint_disabled(self, post: Post, listener: Listener) -> None:
        listener.answer = lambda _: (500, {}, b"")
        made = make(post.platform, listener.url, "cover.issued")
        watching = make(post.platform, f"{listener.url}/watching", "webhook_endpoint.*")
        post.platform.cover()
        began, tried_at = post.wall.now, []
        told: dict[str, Any] = {}
        for number, wait in enumerate(RETRIES, 1):
            if wait:
                post.wall.now += wait - timedelta(seconds=1)
                post.send()
            post.wall.now += min(wait, timedelta(seconds=1))
            listener.heard.clear()
            if number == len(RETRIES):
                listener.answer = lambda heard: (204 if "watching" in heard.path else 500, {}, b"")
            post.send()
            (told,) = post.deliveries(made)
            assert told["attempts"] == number, "not before its time, and then at once"
            tried_at.append(post.wall.now - began)
        assert tried_at[-1] == timedelta(hours=75, minutes=35, seconds=5)
        assert told["state"] == "failed"
        seen = post.seen(made)
        assert (seen["state"], seen["disabled_because"]) == ("disabled", "failing")
        assert seen["failing_since"] is not None
        post.send()
        types = [json.loads(one.body)["type"] for one in listener.heard if "watching" in one.path]
        assert "webhook_endpoint.disabled" in types
        events = post.platform.get("/v1/events", params={"subject": made["id"]}).json()["data"]
        assert events[-1]["data"] == {"because": "failing"}
        assert watching["id"] != made["id"]
        full = post.platform.get(f"{AT}/{made['id']}/deliveries/{told['id']}").json()
        assert [one["number"] for one in full["tries"]] == list(range(1, 11))

    def test_bear_the_same_id(self, post: Post, listener: Listener) -> None:
        listener.answer = lambda _: (500, {}, b"")
        made = make(post.platform, listener.url, "cover.issued")
        post.platform.cover()
        post.send()
        post.pass_time(seconds=5)
        listener.answer = lambda _: (200, {}, b"")
        post.send()
        first, second = listener.heard
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
        assert (
            Webhook(made["secret"]).sign(second.headers["webhook-id"], post.wall.now, second.body.decode())
            == second.headers["webhook-signature"]
        )
        assert post.seen(made)["failing_since"] is None

    def test_end_at_410_with_the_endpoint_disabled(self, post: Post, listener: Listener) -> None:
        listener.answer = lambda _: (410, {}, b"")
        made = make(post.platform, listener.url, "cover.issued")
        post.platform.cover()
        post.send()
        (told,) = post.deliveries(made)
        assert (told["state"], told["attempts"]) == ("failed", 1)
        assert post.seen(made)["disabled_because"] == "gone"
        post.platform.cover()
        post.send()
        assert len(listener.heard) == len(post.deliveries(made)) == 1, "what happens meanwhile isn't kept for it"
        the_problem(post.platform.post(f"{AT}/{made['id']}/ping", {}), 409, "endpoint_disabled")
        resend = f"{AT}/{made['id']}/deliveries/{told['id']}/resend"
        the_problem(post.platform.post(resend, {}), 409, "endpoint_disabled")
        listener.answer = lambda _: (200, {}, b"")
        assert post.platform.post(f"{AT}/{made['id']}/enable", {}).json()["state"] == "enabled"
        assert post.platform.post(resend, {}).status_code == 202
        post.send()
        (told,) = post.deliveries(made)
        assert (told["state"], told["attempts"]) == ("delivered", 2)

    def test_of_one_event_that_isnt_taken_disable_nothing_that_takes_others(
        self, post: Post, listener: Listener
    ) -> None:
        cover = post.platform.cover()
        listener.answer = lambda heard: (500 if b"cover.cancelled" in heard.body else 200, {}, b"")
        made = make(post.platform, listener.url, "cover.*")
        post.platform.post(f"/v1/covers/{cover['id']}/cancel", {})
        for wait in RETRIES:
            post.wall.now += wait
            post.send()
            post.platform.cover()
            post.send()
        assert {one["type"]: one["state"] for one in post.deliveries(made, limit=100)} == {
            "cover.cancelled": "failed", "cover.issued": "delivered",
        }  # fmt: skip
        assert post.seen(made)["state"] == "enabled"

    def test_go_on_once_an_endpoint_is_enabled_again(self, post: Post, listener: Listener, owner: Database) -> None:
        listener.answer = lambda _: (500, {}, b"")
        made = make(post.platform, listener.url, "cover.issued")
        post.platform.cover()
        post.send()
        post.pass_time(minutes=1)
        listener.answer = lambda _: (410, {}, b"")
        post.platform.cover()
        post.send()
        assert post.seen(made)["state"] == "disabled"
        post.pass_time(days=2)
        post.send()
        states = sorted(one["state"] for one in post.deliveries(made))
        listener.answer = lambda _: (200, {}, b"")
        post.platform.post(f"{AT}/{made['id']}/enable", {})
        post.send()
        assert states in (["failed", "failed"], ["failed", "waiting"])
        assert "waiting" not in {one["state"] for one in post.deliveries(made)}


class TestSecrets:
    def test_are_both_good_while_one_takes_the_others_place(self, post: Post, listener: Listener) -> None:
        made = make(post.platform, listener.url, "quote.created")
        rotated = post.platform.post(f"{AT}/{made['id']}/rotate_secret", {"expires_in": "PT1H"}).json()
        assert rotated["secret"] != made["secret"]
        assert rotated["earlier_secret_until"] is not None
        again = post.platform.post(f"{AT}/{made['id']}/rotate_secret", {"expires_in": "PT1H"})
        the_problem(again, 409, "secret_rotating")

        def signed_by() -> list[bool]:
            post.platform.quote()
            listener.heard.clear()
            post.send()
            heard = listener.heard[0]
            signatures = heard.headers["webhook-signature"].split(" ")
            own = [
                Webhook(one["secret"]).sign(heard.headers["webhook-id"], post.wall.now, heard.body.decode())
                for one in (made, rotated)
            ]
            return [signature in signatures for signature in own]

        assert signed_by() == [True, True]
        post.pass_time(hours=1)
        assert signed_by() == [False, True]
        assert post.seen(made)["earlier_secret_until"] is None

    def test_end_at_once_where_that_is_asked_for(self, post: Post) -> None:
        made = make(post.platform)
        at = f"{AT}/{made['id']}/rotate_secret"
        assert post.platform.post(at, {"expires_in": "P1D"}).status_code == 200
        ended = post.platform.post(at, {"expires_in": "PT0S"}).json()
        assert ended["earlier_secret_until"] is None
        assert post.platform.post(at, {"expires_in": "P1D"}).status_code == 200

    def test_stand_nowhere_in_the_database(self, post: Post, owner: Database) -> None:
        made = make(post.platform)
        with owner.engine.connect() as connection:
            connection.execute(
                text("SELECT set_config('sharecover.tenant', :id, true)"), {"id": post.platform.tenant.id}
            )
            rows = connection.scalars(text("SELECT secret FROM webhook_endpoints")).all()
        raw = base64.b64decode(made["secret"].removeprefix("whsec_"))
        assert len(rows) == 1
        assert raw not in rows[0]
        assert made["secret"].encode() not in rows[0]


class TestTryingOut:
    def test_pings_the_one_endpoint(self, post: Post, listener: Listener) -> None:
        made = make(post.platform, listener.url, "cover.issued")
        make(post.platform, f"{listener.url}/other")
        told = post.platform.post(f"{AT}/{made['id']}/ping", {}).json()
        assert (told["type"], told["state"]) == ("webhook_endpoint.ping", "waiting")
        post.pass_time(seconds=1)
        post.send()
        pings = [one for one in listener.heard if json.loads(one.body)["type"] == "webhook_endpoint.ping"]
        assert [one.path for one in pings] == ["/webhooks"]
        assert pings[0].headers["webhook-id"] == told["event"]
        assert json.loads(pings[0].body)["subject"] == made["id"]
        assert post.deliveries(made, event=told["event"])[0]["state"] == "delivered"

    def test_waits_until_a_ping_is_sealed(self, post: Post, listener: Listener) -> None:
        made = make(post.platform, listener.url, "cover.issued")
        post.platform.post(f"{AT}/{made['id']}/ping", {})
        post.pass_time(seconds=1)
        queue = replace(post.owner, role="sharecover_worker")
        while post.courier.once(post.house, queue) or post.courier.busy:
            pass
        assert listener.heard == []
        post.pass_time(seconds=1)
        post.send()
        assert len(listener.heard) == 1

    def test_sends_again_under_the_same_id(self, post: Post, listener: Listener) -> None:
        made = make(post.platform, listener.url, "cover.issued")
        post.platform.cover()
        post.send()
        (told,) = post.deliveries(made)
        answer = post.platform.post(f"{AT}/{made['id']}/deliveries/{told['id']}/resend", {})
        assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
        post.send()
        first, second = listener.heard
        assert first.headers["webhook-id"] == second.headers["webhook-id"] == told["event"]
        assert first.body == second.body
        assert post.deliveries(made)[0]["attempts"] == 2

    def test_sends_nothing_beside_what_is_being_sent(self, post: Post, listener: Listener) -> None:
        answers = threading.Event()
        listener.answer = lambda _: (204 if answers.wait(20) else 500, {}, b"")
        made = make(post.platform, listener.url, "cover.issued")
        post.platform.cover()
        seal_all(post.owner, post.house)
        assert post.courier.once(post.house, replace(post.owner, role="sharecover_worker"))
        listener.wait(1)
        (told,) = post.deliveries(made)
        resend = f"{AT}/{made['id']}/deliveries/{told['id']}/resend"
        the_problem(post.platform.post(resend, {}), 409, "delivery_running")
        answers.set()
        post.send()
        assert post.platform.post(resend, {}).status_code == 202

    def test_is_refused_where_nothing_is_sent(self, platform: Platform, house_with: Callable[..., House]) -> None:
        with TestClient(create_app(house_with(posting=None)), raise_server_exceptions=False) as client:
            answer = replace(platform, client=client).post(AT, {"url": LISTENER})
        the_problem(answer, 503, "webhooks_unavailable")

    def test_lists_by_state_and_event(self, post: Post, listener: Listener) -> None:
        made = make(post.platform, listener.url, "*")
        post.platform.cover()
        post.send()
        found = post.deliveries(made)
        assert len(found) >= 2
        assert post.deliveries(made, state="waiting") == []
        assert post.deliveries(made, event=found[0]["event"]) == found[:1]
        assert post.deliveries(made, starting_after=found[0]["id"], limit=1) == found[1:2]
        the_problem(post.platform.get(f"{AT}/{made['id']}/deliveries/whd_1"), 404, "unknown_delivery")


class TestSharing:
    def test_lets_one_that_is_slow_hold_up_itself_alone(self, post: Post, listener: Listener, owner: Database) -> None:
        """The first partner's endpoints take and take; the second's event passes by all that waits for them."""
        over = threading.Event()
        listener.answer = lambda heard: (204 if "fast" in heard.path or over.wait(20) else 500, {}, b"")
        other = enrol_platform(owner, post.house, post.platform.client)
        make(post.platform, f"{listener.url}/slow", "quote.created")
        make(post.platform, f"{listener.url}/slow-too", "quote.created")
        for _ in range(20):
            post.platform.quote()
        make(other, f"{listener.url}/fast", "quote.created")
        other.quote()
        seal_all(owner, post.house)
        queue = replace(owner, role="sharecover_worker")
        courier = Courier(at_once=20, per_endpoint=3, per_tenant=5)
        try:
            while not [one for one in listener.heard if "fast" in one.path]:
                courier.once(post.house, queue)
            for _ in range(5):
                courier.once(post.house, queue)
            slow = [one.path for one in listener.wait(6) if "slow" in one.path]
            assert len(slow) == 5, "so many of a partner at once"
            assert max(slow.count(path) for path in slow) == 3, "and of an endpoint"
        finally:
            over.set()
            courier.close()

    def test_tries_one_that_failed_with_one_at_a_time(self, post: Post, listener: Listener) -> None:
        listener.answer = lambda _: (500, {}, b"")
        make(post.platform, listener.url, "quote.created")
        post.platform.quote()
        post.send()
        over = threading.Event()
        listener.answer = lambda _: (204 if over.wait(20) else 500, {}, b"")
        for _ in range(5):
            post.platform.quote()
        seal_all(post.owner, post.house)
        queue = replace(post.owner, role="sharecover_worker")
        listener.heard.clear()
        for _ in range(4):
            post.courier.once(post.house, queue)
        listener.wait(1)
        assert len(listener.heard) == 1
        over.set()
        post.send()
        assert len(listener.wait(5)) == 5, "and once it takes them, as many as ever"


class TestCouriers:
    def test_take_nothing_that_another_has(self, post: Post, listener: Listener) -> None:
        over = threading.Event()
        listener.answer = lambda _: (204 if over.wait(20) else 500, {}, b"")
        make(post.platform, listener.url, "quote.created")
        post.platform.quote()
        seal_all(post.owner, post.house)
        queue = replace(post.owner, role="sharecover_worker")
        post.courier.once(post.house, queue)
        listener.wait(1)
        second = Courier()
        second.once(post.house, queue)
        assert not second.busy
        # A minute later the first is given up; what it notes then changes nothing any more.
        post.pass_time(seconds=61)
        second.once(post.house, queue)
        listener.wait(2)
        over.set()
        second.close()
        post.send()
        assert {one.headers["webhook-id"] for one in listener.heard} == {listener.heard[0].headers["webhook-id"]}
