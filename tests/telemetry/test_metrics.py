"""Metrics: what a process counts of itself, with labels that have an end, at an address of its own."""

from __future__ import annotations

import socket
import urllib.request
from contextlib import closing

import pytest
from prometheus_client import CollectorRegistry, Counter

from coverage.domain.faults import Unavailable
from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.telemetry import metrics
from coverage.telemetry.metrics import Bounded
from tests.builders import Platform, a_bind, a_quote, a_risk
from tests.processes import free_port
from tests.telemetry.asking import samples, value


class TestRequests:
    def test_are_timed_by_route_method_and_status(self, platform: Platform) -> None:
        labels = {"route": "/v1/quotes/{quote_id}", "method": "GET", "status": "404"}
        before = value("request_seconds_count", **labels)
        for number in range(3):
            platform.get(f"/v1/quotes/qt_{number}")
        assert value("request_seconds_count", **labels) - before == 3
        assert value("request_seconds_sum", **labels) > 0
        assert not [name for name, labels in samples() if "qt_0" in str(labels)]

    def test_that_anybody_may_make_up_share_one_count(self, platform: Platform) -> None:
        labels = {"route": "unmatched", "method": "other"}
        before = value("request_seconds_count", **labels, status="404")
        for number in range(20):
            platform.client.request(f"BREW{number}", f"/nowhere/{number}")
        assert value("request_seconds_count", **labels, status="404") - before == 20

    def test_that_are_refused_are_counted_by_code(self, platform: Platform) -> None:
        before = value("problems_total", code="unknown_quote")
        platform.get("/v1/quotes/qt_nothing")
        assert value("problems_total", code="unknown_quote") - before == 1


class TestBusiness:
    def test_quotes_and_declines_are_counted_by_product_and_code(self, platform: Platform) -> None:
        quoted = {"product": "off_duty_vehicle", "outcome": "quoted"}
        declined = {"product": "off_duty_vehicle", "outcome": "declined"}
        before = value("quotes_total", **quoted), value("quotes_total", **declined)
        platform.quote()
        answer = platform.post("/v1/quotes", a_quote(risk=a_risk(driver_born="2010-01-01"))).json()
        (code,) = (reason["code"] for reason in answer["reasons"])
        assert value("quotes_total", **quoted) - before[0] == 1
        assert value("quotes_total", **declined) - before[1] == 1
        assert value("quote_reasons_total", outcome="declined", code=code) >= 1

    def test_a_bind_is_counted_once_however_often_it_is_sent(self, platform: Platform) -> None:
        before = value("binds_total", product="off_duty_vehicle", payment="invoice")
        issued = value("facts_total", kind="cover.issued")
        body = a_bind(platform.quote())
        for _ in range(3):
            assert platform.post("/v1/covers", body, key="the-same").status_code == 201
        assert value("binds_total", product="off_duty_vehicle", payment="invoice") - before == 1
        assert value("facts_total", kind="cover.issued") - issued == 1

    def test_what_was_undone_is_not_counted(self, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise RuntimeError("broken")

        body = a_bind(platform.quote())
        before = (
            value("facts_total", kind="cover.issued"),
            value("binds_total", product="off_duty_vehicle", payment="invoice"),
        )
        # The last that is done before the answer is kept and all of it is committed.
        monkeypatch.setattr("coverage.operations.answering.sealed.seal", fail)
        assert platform.post("/v1/covers", body).status_code == 500
        after = (
            value("facts_total", kind="cover.issued"),
            value("binds_total", product="off_duty_vehicle", payment="invoice"),
        )
        assert after == before


class TestDatabase:
    def test_pool_tells_its_size_and_its_use(self, database_url: str) -> None:
        with closing(Database.connect(database_url, pool_size=3)) as database:
            metrics.watch_pool("tests", database.engine.pool)
            with database.outside(), database.outside():
                assert value("pool_connections", role="tests", of="in_use") == 2
            assert value("pool_connections", role="tests", of="in_use") == 0
            assert value("pool_connections", role="tests", of="size") == 3

    def test_refusals_are_counted_by_what_was_lacking(self, database_url: str) -> None:
        before = {why: value("database_refusals_total", why=why) for why in ("pool", "unavailable")}
        full = Database.connect(database_url, pool_size=1, pool_wait=0.05)
        with closing(full), full.outside(), pytest.raises(Unavailable), full.outside():
            pass
        nowhere = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nothing"
        with closing(Database.connect(nowhere)) as database, pytest.raises(Unavailable), database.outside():
            pass
        after = {why: value("database_refusals_total", why=why) for why in before}
        assert {why: after[why] - before[why] for why in before} == {"pool": 1, "unavailable": 1}


class TestBounded:
    def test_counts_what_is_too_much_under_one_name(self) -> None:
        counter = Counter("things", "Things", ("name",), registry=CollectorRegistry())
        bounded = Bounded(counter, 3)
        for number in range(10):
            bounded.of(str(number)).inc()
        bounded.of("1").inc()
        found = {sample.labels["name"]: sample.value for sample in next(iter(counter.collect())).samples[::2]}
        assert found == {"0": 1, "1": 2, "2": 1, "other": 7}


class TestServed:
    def test_answers_until_the_end_of_the_block(self, house: House) -> None:
        port = free_port()
        address = f"http://127.0.0.1:{port}/metrics"
        with metrics.served(("127.0.0.1", port)), urllib.request.urlopen(address, timeout=5) as answer:
            assert samples(answer.read().decode())
        with socket.socket() as asking, pytest.raises(ConnectionRefusedError):
            asking.connect(("127.0.0.1", port))

    def test_says_where_it_can_not_listen(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            with pytest.raises(OSError, match="in use"), metrics.served(taken.getsockname()):
                pass

    def test_is_nowhere_unless_asked_for(self) -> None:
        with metrics.served(None):
            pass

    def test_is_not_on_the_public_port(self, platform: Platform) -> None:
        assert platform.client.get("/metrics").status_code == 404
