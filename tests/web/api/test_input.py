"""Every field, parameter and header, wrong in every way that comes to mind."""

from __future__ import annotations

import json
import socket
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.answers import pointers, resolve, the_problem
from tests.builders import Platform, a_bind, a_claim, a_party, a_quote, a_risk, soon
from tests.web.api.bodies import JSON_VALUES, full_bind, places, postings, put, without

OPERATIONS = ("createQuote", "createCover", "cancelCover", "createClaim", "advanceTestClock")
# What pydantic and Python would say, were it let through.
FOREIGN_WORDS = ("Input should", "Field required", "valid string", "union", "Extra inputs", "value_error", "Error")


def is_clean(answer: httpx2.Response, body: Any) -> None:
    """An answer that is no error of ours; where it refuses, each pointer leads to what was sent, or to its parent."""
    assert answer.status_code < 500, (answer.text, body)
    if answer.status_code < 400:
        return
    problem = the_problem(answer)
    for error in problem.get("errors", []):
        assert error["detail"], problem
        assert not any(word in error["detail"] for word in FOREIGN_WORDS), problem
        # A body may hold any sign; but ours for the forms of a field are nobody's to see.
        assert all(mark not in error["pointer"] or repr(mark)[1:-1] in repr(body) for mark in ("\x00one", "\x00many"))
        if error["pointer"].startswith("/"):
            *parents, _ = error["pointer"].split("/")
            where = "/".join(parents) if error["code"] == "missing_field" else error["pointer"]
            resolve(body, where)


class TestEveryField:
    @pytest.mark.parametrize("operation", OPERATIONS)
    def test_is_refused_or_taken_whatever_stands_in_it(self, platform: Platform, operation: str) -> None:
        make = postings(platform)[operation]
        posting, refused = make(), 0
        for steps in places(posting.body):
            for value in JSON_VALUES:
                body = put(posting.body, steps, value)
                answer = platform.post(posting.path, body)
                is_clean(answer, body)
                if answer.status_code < 300:
                    posting = make()
                else:
                    refused += 1
        assert refused > len(JSON_VALUES) / 2

    @pytest.mark.parametrize("operation", OPERATIONS)
    def test_that_must_stand_there_is_missed_by_its_name(self, platform: Platform, operation: str) -> None:
        make = postings(platform)[operation]
        posting = make()
        for steps in places(posting.body):
            body = without(posting.body, steps)
            answer = platform.post(posting.path, body)
            is_clean(answer, body)
            if answer.status_code < 300:
                posting = make()
                continue
            errors = the_problem(answer)["errors"]
            if "goods_value" in steps[:-1]:  # the rules read money whole
                assert [error["pointer"] for error in errors] == ["/risk/goods_value"]
                continue
            assert {"missing_field"} == {error["code"] for error in errors}, errors
            assert "/" + "/".join(map(str, steps)) in [error["pointer"] for error in errors]

    def test_is_named_with_what_was_found_and_what_would_be_right(self, platform: Platform) -> None:
        body = a_quote(product=7, country="france", start="tomorrow", language="de", metadata={"a": ["b"]}, **{"%": 1})
        errors = {e["pointer"]: e["detail"] for e in the_problem(platform.post("/v1/quotes", body), 422)["errors"]}
        assert errors == {
            "/product": "the number 7; expected text",
            "/country": '"france"; expected a country as two capital letters, such as FR',
            "/start": '"tomorrow"; expected an instant with its offset such as 2026-12-05T08:00:00+01:00',
            "/language": '"de"; expected one of en, fr',
            "/metadata/a": "an array; expected text",
            "/%": "nothing of this name is known here; expected it left out, or one of country, duration, end, language, "
            "metadata, parties, product, risk, start",
        }

    @pytest.mark.parametrize(
        ("change", "pointer", "detail"),
        [
            ({"languag": "en"}, "/languag", 'nothing of this name is known here; expected perhaps "language"'),
            ({"Product": "x"}, "/Product", 'nothing of this name is known here; expected perhaps "product"'),
            ({"product": "off_duty_vehicel"}, "/product", 'there is no product "off_duty_vehicel"; expected perhaps "off_duty_vehicle"'),
            ({"parties": {"policy_holder": {"reference": "x"}}}, "/parties/policy_holder", 'expected perhaps "policyholder"'),
            ({"parties": {"policyholder": {"ref": "x", "reference": "y"}}}, "/parties/policyholder/ref", "left out, or reference"),
            ({"risk": a_risk(vehicle_clas="van")}, "/risk/vehicle_clas", 'expected perhaps "vehicle_class"'),
        ],
    )  # fmt: skip
    def test_that_is_misspelt_is_told_the_nearest(
        self, platform: Platform, change: dict[str, Any], pointer: str, detail: str
    ) -> None:
        errors = the_problem(platform.post("/v1/quotes", a_quote(**change)), 422)["errors"]
        assert [error["detail"] for error in errors if error["pointer"] == pointer and detail in error["detail"]], (
            errors
        )

    def test_of_one_person_or_many_is_told_the_nearest_too(self, platform: Platform) -> None:
        bind = full_bind(platform.quote())
        bind["parties"]["insured"][1]["nam"] = "Camille"
        bind["payment"]["methode"] = "card"
        bind["payment"]["method"] = "invoise"
        errors = {e["pointer"]: e["detail"] for e in the_problem(platform.post("/v1/covers", bind), 422)["errors"]}
        assert errors == {
            "/parties/insured/1/nam": 'nothing of this name is known here; expected perhaps "name"',
            "/payment/methode": 'nothing of this name is known here; expected perhaps "method"',
            "/payment/method": '"invoise"; expected "invoice" or "card"; perhaps "invoice"',
        }

    def test_that_names_no_role_of_the_product_is_told_those_there_are(self, platform: Platform) -> None:
        parties = a_bind(platform.quote())["parties"] | {"counterpart": a_party()}
        answer = platform.post("/v1/covers", a_bind(platform.quote(), parties=parties))
        error = the_problem(answer, 422, "invalid_parties")["errors"][0]
        assert (error["pointer"], "no counterpart; expected" in error["detail"]) == ("/parties/counterpart", True)

    def test_of_a_list_of_people_is_pointed_at_by_its_index(self, platform: Platform) -> None:
        bind = full_bind(platform.quote())
        bind["parties"]["insured"][1]["email"] = "nobody"
        assert pointers(platform.post("/v1/covers", bind)) == ["/parties/insured/1/email"]
        bind["parties"]["insured"] = a_party(name=7)
        assert pointers(platform.post("/v1/covers", bind)) == ["/parties/insured/name"]

    def test_a_key_of_metadata_that_is_too_long_is_pointed_at(self, platform: Platform) -> None:
        assert pointers(platform.post("/v1/quotes", a_quote(metadata={"k" * 41: "v"}))) == [f"/metadata/{'k' * 41}"]
        assert pointers(platform.post("/v1/quotes", a_quote(metadata={"k" * 4000: "v"}))) == ["/metadata"]

    def test_only_white_space_is_no_name(self, platform: Platform) -> None:
        parties = {"policyholder": a_party(name=" \n", reference="\t")}
        answer = platform.post("/v1/covers", a_bind(platform.quote(), parties=parties))
        assert pointers(answer) == ["/parties/policyholder/reference", "/parties/policyholder/name"]


class TestMutatedBodies:
    @pytest.mark.parametrize("operation", OPERATIONS)
    def test_never_break_the_service(self, platform: Platform, operation: str) -> None:
        make = postings(platform)[operation]
        document = platform.client.get("/openapi.json").json()
        declared = next(
            found["responses"]
            for path in document["paths"].values()
            for found in path.values()
            if found["operationId"] == operation
        )
        state = {"posting": make(), "refused": 0, "taken": 0}
        scalars = (
            st.none() | st.booleans() | st.integers(-(2**54), 2**54) | st.floats() | st.text(max_size=30)
            | st.sampled_from(["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2026-12-31T23:59:60Z", "at_issue", "P9D"])
        )  # fmt: skip
        values = st.recursive(
            scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
        )

        @settings(
            max_examples=50, deadline=None, derandomize=True, database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )  # fmt: skip
        @given(st.data())
        def attack(data: st.DataObject) -> None:
            posting: Any = state["posting"]
            body = posting.body
            for _ in range(data.draw(st.integers(1, 3))):
                found = list(places(body))
                if not found:
                    break
                steps = data.draw(st.sampled_from(found))
                leave_out = data.draw(st.booleans())
                body = without(body, steps) if leave_out else put(body, steps, data.draw(values))
            raw = json.dumps(body).encode()
            headers = {"Content-Type": "application/json", "Idempotency-Key": f"k-{data.draw(st.integers(0, 10**12))}"}
            answer = platform.client.post(
                posting.path, content=raw, headers=headers | {"Authorization": f"Bearer {platform.key}"}
            )
            is_clean(answer, body)
            assert str(answer.status_code) in declared
            if answer.status_code < 300:
                state["posting"], state["taken"] = make(), int(str(state["taken"])) + 1
            else:
                state["refused"] = int(str(state["refused"])) + 1

        attack()
        assert int(str(state["refused"])) >= 20  # or nothing was attacked


def raw_quote(platform: Platform, body: bytes, content_type: str | None = "application/json") -> httpx2.Response:
    headers = {"Authorization": f"Bearer {platform.key}"}
    if content_type is not None:
        headers["Content-Type"] = content_type
    return platform.client.post("/v1/quotes", content=body, headers=headers)


class TestBody:
    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            (b'{"risk": {"goods_value": NaN}}', "/risk/goods_value"),
            (b'{"risk": [1, -Infinity]}', "/risk/1"),
            (b'{"risk": {"a/b~c": 1e999}}', "/risk/a~1b~0c"),
            (b'{"risk": {"claims_3y": 9007199254740993}}', "/risk/claims_3y"),
            (b'{"metadata": {"n": ' + b"9" * 5000 + b"}}", "/metadata/n"),
            (b'{"metadata": {"a": "1", "a": "2"}}', "/metadata/a"),
            (b'{"product": "x", "product": "x"}', "/product"),
            (b'{"product": "\\u0000"}', "/product"),
            (b'{"metadata": {"a": "\\ud800"}}', "/metadata/a"),
            (b'{"metadata": {"\\udfff": "a"}}', "/metadata/?"),
        ],
    )
    def test_that_holds_what_cannot_be_kept_is_pointed_at(self, platform: Platform, body: bytes, pointer: str) -> None:
        answer = raw_quote(platform, body)
        the_problem(answer, 400, "invalid_json")
        assert pointers(answer) == [pointer]

    @pytest.mark.parametrize(
        "body",
        [b"{", b"nonsense", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b'{"a": 01}', b"[" * 10_000, b"'", b'{"a": 1,}'],
    )
    def test_that_is_no_json_is_refused(self, platform: Platform, body: bytes) -> None:
        the_problem(raw_quote(platform, body), 400, "invalid_json")

    @pytest.mark.parametrize("deep", [b'{"risk":' * 10_000 + b"1" + b"}" * 10_000, b"[" * 30 + b"]" * 30])
    def test_that_is_nested_too_deep_is_refused(self, platform: Platform, deep: bytes) -> None:
        problem = the_problem(raw_quote(platform, deep), 400, "invalid_json")
        assert "nested deeper than 20 levels" in json.dumps(problem)

    @pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"text"', b"7", b"true"])
    def test_that_is_no_object_is_refused(self, platform: Platform, body: bytes) -> None:
        problem = the_problem(raw_quote(platform, body), 422, "invalid_request")
        assert [error["pointer"] for error in problem["errors"]] == [""]
        assert "expected a" in problem["errors"][0]["detail"]

    @pytest.mark.parametrize(
        "content_type",
        [
            None,
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonx",
            "x",
        ],
    )
    def test_that_is_not_said_to_be_json_is_refused(self, platform: Platform, content_type: str | None) -> None:
        answer = raw_quote(platform, json.dumps(a_quote()).encode(), content_type)
        the_problem(answer, 415, "unsupported_media_type")

    @pytest.mark.parametrize(
        "content_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.x+json"]
    )
    def test_is_taken_under_every_name_of_json(self, platform: Platform, content_type: str) -> None:
        assert raw_quote(platform, json.dumps(a_quote()).encode(), content_type).status_code == 201

    def test_of_ten_megabytes_is_answered_413(self, platform: Platform) -> None:
        body = b'{"product": "' + b"x" * 10_000_000 + b'"}'
        the_problem(raw_quote(platform, body), 413, "body_too_large")

    @pytest.mark.parametrize("said", [True, False], ids=["with its length", "in chunks"])
    def test_of_ten_megabytes_sees_its_413_over_a_socket(self, served_platform: Platform, said: bool) -> None:
        chunk = b"x" * 100_000
        content: Any = chunk * 100 if said else (chunk for _ in range(100))
        headers = {"Authorization": f"Bearer {served_platform.key}", "Content-Type": "application/json"}
        answer = served_platform.client.post("/v1/quotes", content=content, headers=headers)
        the_problem(answer, 413, "body_too_large")

    def test_of_exactly_the_limit_is_read(self, platform: Platform) -> None:
        head, tail = b'{"product": "', b'"}'
        body = head + b"x" * (256 * 1024 - len(head) - len(tail)) + tail
        the_problem(raw_quote(platform, body), 422, "invalid_request")
        the_problem(raw_quote(platform, body + b" "), 413, "body_too_large")


class TestTimes:
    @pytest.mark.parametrize(
        "start",
        [
            "2027-01-01T08:00:00", "2027-01-01", "2027-01-01T08:00:00+25:00", "2027-01-01T08:00:00 +01:00",
            "2027-06-30T23:59:60Z", "2027-02-30T08:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z",
            "2027-01-01T24:00:00Z", "2027-01-01T08:00:00Z\n", "20270101T080000Z", "2027-W01-1T08:00:00Z", "now",
            "\u0662\u0660\u0662\u0667-01-01T08:00:00Z", "1999-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "+12027-01-01T08:00:00Z",
        ],
    )  # fmt: skip
    def test_no_instant_is_refused_at_its_place(self, platform: Platform, start: str) -> None:
        answer = platform.post("/v1/quotes", a_quote(start=start))
        assert pointers(answer) == ["/start"]
        assert the_problem(answer, 422)["errors"][0]["detail"].startswith('"')

    @pytest.mark.parametrize("offset", ["Z", "z", "+00:00", "-00:00", "+14:00", "-12:00"])
    def test_every_offset_is_taken(self, platform: Platform, offset: str) -> None:
        later = soon(days=30)[:19] + offset
        assert platform.quote(start=later, end=None, duration="PT1H")["state"] == "open"

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"end": None}, "/end"),
            ({"duration": "PT1H"}, "/duration"),
            ({"start": "at_issue"}, "/end"),
            ({"start": "at_issue", "end": None}, "/duration"),
            ({"end": soon(days=6)}, "/end"),
            ({"end": soon(days=60)}, "/end"),
            ({"end": None, "duration": "PT0S"}, "/duration"),
            ({"end": None, "duration": "PT1S"}, "/duration"),
            ({"end": None, "duration": "P9999DT99999H"}, "/duration"),
            ({"end": None, "duration": "P99999D"}, "/duration"),
            ({"end": None, "duration": "P1Y"}, "/duration"),
            ({"end": None, "duration": "P"}, "/duration"),
            ({"end": None, "duration": "PT"}, "/duration"),
            ({"end": None, "duration": "-PT1H"}, "/duration"),
            ({"end": None, "duration": 3600}, "/duration"),
            ({"start": soon(days=200), "end": soon(days=201)}, "/start"),
            ({"start": "2000-01-01T00:00:00Z"}, "/start"),
        ],
    )
    def test_a_term_that_cannot_be_is_pointed_at(
        self, platform: Platform, changes: dict[str, Any], pointer: str
    ) -> None:
        answer = platform.post("/v1/quotes", a_quote(start=soon(days=7), end=soon(days=7, hours=12)) | changes)
        if changes.get("end", "") is None:
            body = {k: v for k, v in (a_quote() | changes).items() if v is not None}
            answer = platform.post("/v1/quotes", body)
        assert pointers(answer) == [pointer]

    @pytest.mark.parametrize("duration", ["P99999D", "PT100000H", "PT1000000M", "PT100000000S", "P" + "9" * 5000 + "D"])
    def test_a_duration_that_is_too_long_is_told_so(self, platform: Platform, duration: str) -> None:
        body = {key: value for key, value in a_quote(duration=duration).items() if key != "end"}
        (error,) = the_problem(platform.post("/v1/quotes", body), 422, "invalid_request")["errors"]
        assert (error["pointer"], "ISO 8601" in error["detail"]) == ("/duration", False)
        assert "expected at most P9999D, PT99999H" in error["detail"]

    def test_a_duration_may_begin_with_zeros(self, platform: Platform) -> None:
        body = {key: value for key, value in a_quote(duration="P000001DT0000012H").items() if key != "end"}
        assert platform.post("/v1/quotes", body).json()["duration"] == "P1DT12H"


class TestQueries:
    PATHS = ("/v1/covers", "/v1/claims", "/v1/products", "/v1/products/off_duty_vehicle", "/v1/test_clock")

    @pytest.mark.parametrize("path", PATHS)
    def test_an_unknown_parameter_is_refused(self, platform: Platform, path: str) -> None:
        answer = platform.get(path, params={"limmit": "5"})
        assert pointers(answer) == ["?limmit"]
        assert the_problem(answer, 422)["errors"][0]["code"] == "unknown_field"

    def test_a_misspelt_parameter_is_told_the_nearest(self, platform: Platform) -> None:
        error = the_problem(platform.get("/v1/covers", params={"limmit": "5"}), 422)["errors"][0]
        assert error["detail"] == 'there is no such parameter here; expected perhaps "limit"'

    @pytest.mark.parametrize(
        ("path", "name", "value"),
        [
            *[
                (path, "limit", value)
                for path in ("/v1/covers", "/v1/claims")
                for value in ("0", "101", "-1", "abc", "", "1e2", "9" * 400, "NaN", "5;", "\u0665x")
            ],
            *[
                (path, name, value)
                for path in ("/v1/covers", "/v1/claims")
                for name in ("created[gte]", "created[lte]")
                for value in ("", "yesterday", "2026-01-01", "9999-01-01T00:00:00Z", "0")
            ],
            *[
                (path, "starting_after", value)
                for path in ("/v1/covers", "/v1/claims")
                for value in ("", "x", "cov_1", "quo_" + "0" * 36, "cov_" + "u" * 36, "x" * 90, "a\x00b")
            ],
            ("/v1/covers", "state", "asleep"),
            ("/v1/covers", "state", ""),
            ("/v1/covers", "policyholder", "x" * 121),
            ("/v1/covers", "policyholder", "a\x00b"),
            ("/v1/claims", "state", "shut"),
            ("/v1/claims", "cover", "x" * 81),
            ("/v1/claims", "cover", "\x00"),
            ("/v1/products/off_duty_vehicle", "country", "france"),
            ("/v1/products/off_duty_vehicle", "country", "FR\n"),
            ("/v1/products/off_duty_vehicle/ipid", "language", "de"),
            ("/v1/quotes/quo_" + "0" * 36, "expand[]", "everything"),
        ],
    )
    def test_a_wrong_value_is_refused_by_its_name(self, platform: Platform, path: str, name: str, value: str) -> None:
        answer = platform.get(path, params={name: value})
        assert pointers(answer) == [f"?{name}"]
        error = the_problem(answer, 422)["errors"][0]
        assert not any(word in error["detail"] for word in FOREIGN_WORDS), error

    def test_one_that_stands_twice_is_refused(self, platform: Platform) -> None:
        assert pointers(platform.get("/v1/covers?limit=5&limit=6")) == ["?limit"]

    def test_one_that_may_repeat_is_taken(self, platform: Platform) -> None:
        path = f"/v1/quotes/{platform.quote()['id']}?expand[]=explanation&expand[]=explanation"
        assert platform.get(path).json()["explanation"]

    def test_on_what_takes_none_is_refused(self, platform: Platform) -> None:
        assert pointers(platform.post("/v1/quotes?dry_run=true", a_quote())) == ["?dry_run"]


class TestPaths:
    @pytest.mark.parametrize(
        "rest",
        [
            "%00", "a%00b", "cov_%00", "%2e%2e", "..%2f..%2fetc", "%ff%fe", "%ed%a0%80", "x" * 5000, "%0d%0aSet-Cookie:%20a=b",
            "cov_" + "0" * 35, "cov_" + "0" * 37, "COV_" + "0" * 36, "clm_" + "0" * 36, "%F0%9F%92%A9", "a%23b", "a%3Fb", "'--",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize(
        "path",
        ["/v1/quotes/{}", "/v1/covers/{}", "/v1/covers/{}/certificate", "/v1/claims/{}", "/v1/products/{}", "/problems/{}",
         "/docs/assets/{}", "/member/assets/{}", "/{}"],
    )  # fmt: skip
    def test_of_nothing_are_unknown(self, platform: Platform, path: str, rest: str) -> None:
        asked = path.format(rest)
        problem = the_problem(platform.get(asked))
        assert problem["status"] in (404, 422)
        assert problem["instance"].isascii()

    def test_are_told_as_they_were_sent(self, platform: Platform) -> None:
        assert the_problem(platform.get("/v1/covers/a%23b%20c"), 404)["instance"] == "/v1/covers/a%23b%20c"

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"])
    def test_say_which_methods_they_have(self, platform: Platform, method: str) -> None:
        answer = platform.client.request(method, "/v1/covers", headers={"Authorization": f"Bearer {platform.key}"})
        the_problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "GET, HEAD, POST"


class TestHeaders:
    @pytest.mark.parametrize(
        ("value", "code"),
        [
            (None, "missing_key"), ("", "missing_key"), ("Bearer", "missing_key"), ("Bearer ", "missing_key"),
            ("Basic c2s6", "missing_key"), ("Bearer x", "invalid_key"), ("Bearer sk_test_", "invalid_key"),
            ("Bearer sk_test_" + "0" * 33, "invalid_key"), ("Bearer sk_live_" + "0" * 33, "invalid_key"),
            ("Bearer \u00e9" * 20, "invalid_key"), ("Bearer " + "x" * 10_000, "invalid_key"), ("sk_test_x", "missing_key"),
        ],
    )  # fmt: skip
    def test_without_a_live_key_are_answered_401(self, platform: Platform, value: str | None, code: str) -> None:
        headers = {} if value is None else {"Authorization": value.encode("latin-1")}
        answer = platform.client.get("/v1/covers", headers=headers)  # type: ignore[arg-type]
        the_problem(answer, 401, code)
        assert answer.headers["www-authenticate"].startswith("Bearer")

    def test_a_key_with_one_letter_changed_opens_nothing(self, platform: Platform) -> None:
        for place in (8, 20, len(platform.key) - 1):
            letter = "a" if platform.key[place] != "a" else "b"
            changed = platform.key[:place] + letter + platform.key[place + 1 :]
            answer = platform.client.get("/v1/covers", headers={"Authorization": f"Bearer {changed}"})
            the_problem(answer, 401, "invalid_key")

    @pytest.mark.parametrize("key", ["", " ", "a b", "\u00e9", "x" * 256, "x" * 10_000, "a\tb"])
    def test_an_idempotency_key_that_cannot_be_used_is_refused(self, platform: Platform, key: str) -> None:
        headers: Any = {"Authorization": f"Bearer {platform.key}", "Idempotency-Key": key.encode("latin-1")}
        answer = platform.client.post("/v1/quotes", json=a_quote(), headers=headers)
        the_problem(answer, 400, "invalid_header")
        assert pointers(answer) == ["Idempotency-Key"]

    @pytest.mark.parametrize("version", ["", "2020-01-01", "latest", "x" * 10_000, "\u00e9"])
    def test_an_unknown_version_is_refused(self, platform: Platform, version: str) -> None:
        answer = platform.get("/v1/products", headers={"Coverage-Version": version.encode("latin-1")})
        the_problem(answer, 400, "unknown_version")

    @pytest.mark.parametrize(
        "wanted", ["", ";;;", "q=1", "fr;q=nan", "*;q=0", "en" * 5000, "\u00e9", "fr;q=" + "9" * 400]
    )
    def test_a_strange_accept_language_is_taken(self, platform: Platform, wanted: str) -> None:
        headers = {"Accept-Language": wanted.encode("latin-1")}
        assert platform.post("/v1/quotes", a_quote(language=None), headers=headers).status_code == 201

    @pytest.mark.parametrize("host", ["[", "[::1", "a b", "x/y", "user@host", "host:99999999", "\u00e9", "a" * 300, ""])
    def test_a_host_that_is_none_is_refused(self, platform: Platform, host: str) -> None:
        answer = platform.get(f"/v1/covers/{'cov_' + '0' * 36}", headers={"Host": host.encode("latin-1")})
        the_problem(answer, 400, "invalid_header")
        assert pointers(answer) == ["Host"]

    @pytest.mark.parametrize("host", ["localhost", "localhost:8000", "[::1]:8000", "evil.example.org", "10.0.0.1:80"])
    def test_a_host_never_gets_into_the_members_link(self, platform: Platform, host: str) -> None:
        """Who forges it would have the member's secret sent to themselves. The service knows its own address."""
        cover = platform.get(f"/v1/covers/{platform.cover()['id']}", headers={"Host": host}).json()
        assert cover["member_url"].startswith("http://testserver/m/")

    def test_of_ten_kilobytes_breaks_nothing_over_a_socket(self, served_platform: Platform) -> None:
        answer = served_platform.get("/v1/covers", headers={"X-Long": "x" * 10_000})
        assert answer.status_code == 200

    def test_that_break_http_are_answered_400_over_a_socket(self, served: str) -> None:
        host, port = served.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as raw:
            raw.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\nBad Header\r\n\r\n")
            assert raw.recv(64).startswith(b"HTTP/1.1 400")

    def test_keep_what_partners_read_out_of_shared_caches(self, platform: Platform) -> None:
        answer = platform.get("/v1/covers")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


class TestRisk:
    @pytest.mark.parametrize(
        ("change", "detail"),
        [
            ({"goods_value": {"amount": 1_000_001, "currency": "EUR"}}, "10000.01 EUR; expected an amount from"),
            ({"goods_value": {"amount": -1, "currency": "EUR"}}, "-0.01 EUR; expected an amount from"),
            ({"goods_value": {"amount": 5, "currency": "USD"}}, 'the currency "USD"; expected money as'),
            ({"goods_value": 800_000}, "the number 800000; expected money as"),
            ({"claims_3y": 21}, "21; expected a whole number from 0 to 20"),
            ({"claims_3y": True}, "true; expected a whole number"),
            ({"vehicle_class": "lorry"}, '"lorry"; expected'),
            ({"driver_born": "1990-02-30"}, '"1990-02-30"; expected a day in the past'),
            ({"driver_born": soon(days=400)[:10]}, "expected a day in the past"),
            ({"registration": "<script>"}, "expected text of at most 200 characters"),
        ],
    )
    def test_that_is_wrong_is_pointed_at(self, platform: Platform, change: dict[str, Any], detail: str) -> None:
        body = a_quote()
        body["risk"] |= change
        answer = platform.post("/v1/quotes", body)
        problem = the_problem(answer, 422, "invalid_quote")
        assert [error["pointer"] for error in problem["errors"]] == [f"/risk/{next(iter(change))}"]
        assert detail in problem["errors"][0]["detail"], problem

    def test_is_told_with_the_term_in_one_go(self, platform: Platform) -> None:
        body = a_quote(end=soon(days=60))
        body["risk"] |= {"claims_3y": 99, "colour": "red"}
        assert sorted(pointers(platform.post("/v1/quotes", body))) == ["/end", "/risk/claims_3y", "/risk/colour"]


class TestClaimBody:
    def test_is_told_the_nearest_section(self, platform: Platform) -> None:
        cover = platform.cover(platform.quote(start="at_issue", end=None, duration="PT12H"))
        answer = platform.post("/v1/claims", a_claim(cover, losses=[{"section": "good_carried"}]))
        error = the_problem(answer, 422, "invalid_claim")["errors"][0]
        assert error["detail"] == 'the cover has no such section; expected perhaps "goods_carried"'

    def test_refuses_an_estimate_under_nothing(self, platform: Platform) -> None:
        cover = platform.cover(platform.quote(start="at_issue", end=None, duration="PT12H"))
        losses = [{"section": "goods_carried", "estimate": {"amount": -1, "currency": "EUR"}}]
        answer = platform.post("/v1/claims", a_claim(cover, losses=losses))
        assert pointers(answer) == ["/losses/0/estimate/amount"]
