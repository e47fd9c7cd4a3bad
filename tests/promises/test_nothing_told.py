"""Promise 24: what people are and what opens doors stands in no log, trace, metric or address, whatever was sent."""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from random import Random
from typing import Any, Final, cast

import httpx2
import pytest
from sqlalchemy import text

from coverage.domain.scopes import MEANINGS
from coverage.gateways.keyring import MasterKeyring
from coverage.operations.house import House
from coverage.storage.identity import new_code
from coverage.storage.tenancy import Database
from tests.builders import Platform, a_bind, a_claim, a_party, a_quote, a_risk, enrol_named, soon
from tests.processes import NO_TLS, Service, data_folder, free_port, serving, wait_for
from tests.promises.trial import Trial, promise
from tests.telemetry.asking import samples
from tests.telemetry.collector import Collector, collecting

MASTER_KEY: Final = bytes(range(32))
PARTNERS: Final = 4
# A day on which nobody is born by chance, as it is sent and kept.
BORN: Final = "1957-08-19"
# What the database refuses, quoting whom: where something breaks, most is told.
BREAKS: Final = "QXBREAKS"
REFUSING: Final = f"""
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'no place for %', NEW.reference USING DETAIL = 'it was ' || NEW.reference; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON members FOR EACH ROW WHEN (NEW.reference LIKE '{BREAKS}%') EXECUTE FUNCTION refuse();
"""
HOOKS: Final = "/v1/webhook_endpoints"
SHAPE: Final = re.compile(rb"(?=(qx[0-9a-z]{10}))")
ADDRESSES: Final = re.compile(r"""(?:href|src|action|content)\s*=\s*["']([^"']*)""")


class Canaries:
    """Words that were sent and must turn up nowhere: made-up ones of a shape that is found at a glance, and real secrets."""

    def __init__(self, seed: int) -> None:
        self._random, self._lock = Random(seed), threading.Lock()
        self.made: set[bytes] = set()
        self.secrets: set[str] = {BORN, base64.b64encode(MASTER_KEY).decode()}

    def new(self, prefix: str = "QX") -> str:
        with self._lock:
            letters = "".join(self._random.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=12 - len(prefix)))
            self.made.add((prefix + letters).lower().encode())
        return prefix + letters

    def found_in(self, told: bytes) -> set[bytes]:
        """Those of them that stand in something, however they are written."""
        told = told.lower()
        found = {one for one in SHAPE.findall(told) if one in self.made}
        return found | {secret.encode() for secret in self.secrets if secret.lower().encode() in told}


class Sender:
    """A partner, its member and a stranger, who put a canary wherever one can be put."""

    def __init__(self, platform: Platform, canaries: Canaries, trial: Trial, seed: int) -> None:
        self._platform, self._canaries, self._trial, self._random = platform, canaries, trial, Random(seed)
        self._links: list[str] = []
        self._rendered = False
        self._nobody = free_port()
        self._hooks_left = 0
        self.addresses: list[str] = []  # that were answered
        self._deeds: list[Callable[[], Iterator[httpx2.Response]]] = [
            self._buy, self._buy, self._quote, self._member, self._stranger, self._mistake, self._break, self._garbage,
            self._hook, self._key,
        ]  # fmt: skip

    def send(self, count: int) -> int:
        """So many requests; the addresses that were answered are kept, to be looked at."""
        sent = 0
        while sent < count:
            for answer in self._random.choice(self._deeds)():
                sent += 1
                self._look(answer)
        return sent

    def _look(self, answer: httpx2.Response) -> None:
        status = answer.status_code
        for name, holds in (("made", status < 400), ("refused", 400 <= status < 500), ("broken", status >= 500)):
            if holds:
                self._trial.met(name)
        if answer.request.url.path.startswith(HOOKS):
            # A partner is told the address that it gave.
            return
        self.addresses += [answer.headers.get("Location", ""), answer.headers.get("Link", "")]
        kind = answer.headers.get("Content-Type", "")
        if "html" in kind:
            self.addresses += ADDRESSES.findall(answer.text)
        elif kind == "application/json":
            self.addresses += _urls(answer.json())

    def _headers(self) -> dict[str, str]:
        new = self._canaries.new
        return {
            "Idempotency-Key": new(), "User-Agent": f"{new()}/1", "X-Anything": new(), "Accept-Language": f"fr, {new()}",
            "tracestate": f"a={new()}", "baggage": f"who={new()}", "Referer": f"https://{new()}.example/{new()}",
            "traceparent": f"00-{new_code(16).encode().hex()[:32]}-{new_code(8).encode().hex()[:16]}-01",
            "X-Forwarded-For": new(),
        }  # fmt: skip

    def _risk(self, **changes: Any) -> dict[str, Any]:
        return a_risk(registration=self._canaries.new(), driver_born=BORN, licence_since="1980-01-01", **changes)

    def _quoted(self) -> httpx2.Response:
        new = self._canaries.new
        body = a_quote(risk=self._risk(), policyholder=new(), metadata={"order": new()})
        return self._platform.post("/v1/quotes", body, headers=self._headers())

    def _quote(self) -> Iterator[httpx2.Response]:
        yield self._quoted()

    def _person(self, prefix: str = "QX") -> dict[str, Any]:
        new = self._canaries.new
        return a_party(reference=new(prefix), name=f"{new()} {new()}", email=f"{new()}@example.org")

    def _buy(self) -> Iterator[httpx2.Response]:
        new, platform = self._canaries.new, self._platform
        quoted = platform.post("/v1/quotes", a_quote(risk=self._risk()), headers=self._headers())
        yield quoted
        body = a_bind(quoted.json(), parties={"policyholder": self._person()}, metadata={"trip": new()})
        cover = platform.post("/v1/covers", body, headers=self._headers())
        yield cover
        if cover.status_code != 201:
            return
        self._trial.met("covers")
        read = platform.get(f"/v1/covers/{cover.json()['id']}", headers=self._headers())
        yield read
        link = read.json()["member_url"].rpartition("/")[2]
        self._canaries.secrets.add(link)
        self._links.append(link)
        claim = a_claim(cover.json(), description=f"{new()} fell", loss_at=soon(seconds=-5), contact={"phone": new()})
        yield platform.post("/v1/claims", claim, headers=self._headers())

    def _member(self) -> Iterator[httpx2.Response]:
        if not self._links:
            return
        client, link = self._platform.client, self._random.choice(self._links)
        opened = client.get(f"/m/{link}", headers=self._headers(), follow_redirects=False)
        yield opened
        cookie = "; ".join(f"{name}={value}" for name, value in opened.cookies.items())
        client.cookies.clear()
        yield client.get("/m", headers=self._headers() | {"Cookie": cookie})
        if not self._rendered or self._random.random() < 0.05:
            self._rendered = True
            certificate = client.get("/m/certificate", headers=self._headers() | {"Cookie": cookie})
            yield certificate
            self._trial.met("certificates", certificate.status_code == 200)
        self._trial.met("pages")

    def _stranger(self) -> Iterator[httpx2.Response]:
        new, client = self._canaries.new, self._platform.client
        wrong = f"sk_test_{new()}{new()}"
        yield client.get("/v1/covers", headers=self._headers() | {"Authorization": f"Bearer {wrong}"})
        yield client.get(f"/m/{new()}", params={new(): new()}, headers=self._headers())
        yield client.get("/m", headers=self._headers() | {"Cookie": f"member={new()}; {new()}={new()}"})
        yield client.get(f"/{new()}/{new()}", params={"q": new()}, headers=self._headers())
        yield client.post("/verify", data={"number": new(), "starts_on": new(), new(): new()}, headers=self._headers())
        yield client.post("/card-events/test", content=new(), headers=self._headers() | {"Stripe-Signature": new()})

    def _mistake(self) -> Iterator[httpx2.Response]:
        new, platform = self._canaries.new, self._platform
        for body in (
            a_quote(risk=self._risk() | {new(): new()}),
            a_quote(risk=self._risk() | {"goods_value": new(), "vehicle_class": new()}),
            a_quote(product=new()),
            {new(): {"name": new()}},
        ):
            yield platform.post("/v1/quotes", body, headers=self._headers())
        headers = self._headers() | {"Content-Type": "application/json"}
        yield platform.client.post(
            "/v1/quotes",
            content=f'{{"{new()}": "{new()}',
            headers=headers | {"Authorization": f"Bearer {platform.key}"},
        )
        yield platform.get(f"/v1/covers/{new()}", params={new(): new()}, headers=self._headers())
        yield platform.get("/v1/covers", headers=self._headers() | {"Coverage-Version": new()})
        yield platform.get("/v1/covers", headers=self._headers() | {"Host": f"{new()} {new()}"})

    def _break(self) -> Iterator[httpx2.Response]:
        """The database refuses a person, and quotes who it is."""
        body = a_bind(self._platform.quote(risk=self._risk()), parties={"policyholder": self._person(BREAKS)})
        answer = self._platform.post("/v1/covers", body, headers=self._headers())
        assert answer.status_code == 500, answer.text
        yield answer

    def _hook(self) -> Iterator[httpx2.Response]:
        """Somebody to be told, at an address with a secret in it, whom nobody answers for."""
        new, platform = self._canaries.new, self._platform
        body = {"url": f"http://127.0.0.1:{self._nobody}/{new()}?token={new()}", "description": new()}
        made = platform.post(HOOKS, body, headers=self._headers())
        yield made
        assert made.status_code == 201, made.text
        self._canaries.secrets.add(made.json()["secret"].removeprefix("whsec_"))
        there = f"{HOOKS}/{made.json()['id']}"
        yield platform.post(f"{there}/ping", {}, headers=self._headers())
        yield platform.get(f"{there}/deliveries", headers=self._headers())
        yield platform.post(HOOKS, body | {"url": f"https://{new()}.invalid:x/{new()}"}, headers=self._headers())
        if self._hooks_left >= 8 or self._random.random() < 0.7:
            headers = self._headers() | {"Authorization": f"Bearer {platform.key}"}
            yield platform.client.delete(there, headers=headers)
        else:
            self._hooks_left += 1

    def _key(self) -> Iterator[httpx2.Response]:
        """A key of the partner's own making, whose secret is in that answer alone."""
        made = self._platform.post("/v1/api_keys", {"name": self._canaries.new()}, headers=self._headers())
        yield made
        assert made.status_code == 201, made.text
        self._canaries.secrets.add(made.json()["key"])
        self._trial.met("keys")
        yield self._platform.get(
            "/v1/covers", headers=self._headers() | {"Authorization": f"Bearer {made.json()['key']}"}
        )

    def _garbage(self) -> Iterator[httpx2.Response]:
        """No HTTP at all; answered by the server itself, if at all, and so no request of ours."""
        host, port = str(self._platform.client.base_url.host), self._platform.client.base_url.port or 80
        with socket.create_connection((host, port), timeout=20) as wire:
            wire.sendall(
                f"GET /{self._canaries.new()} {self._canaries.new()}\r\n{self._canaries.new()}\r\n\r\n".encode()
            )
            wire.recv(1000)
        self._trial.met("garbage")
        yield self._platform.get("/v1/covers", headers=self._headers())


def _urls(value: Any) -> Iterator[str]:
    """Every address in an answer but the member's link, which is the secret that it is asked for."""
    if isinstance(value, dict):
        for name, one in value.items():
            if isinstance(one, str) and (name.endswith(("url", "href")) or "://" in one) and name != "member_url":
                yield one
            else:
                yield from _urls(one)
    elif isinstance(value, list):
        for one in value:
            yield from _urls(one)


@contextmanager
def watched(url: str, collector: Collector, log: list[str]) -> Iterator[tuple[Service, list[str]]]:
    """A service and its worker as they run in production, told to tell all that they can; and where metrics are.

    When both have ended, their lines are in `log`.
    """
    port = free_port()
    environment = {
        "DATABASE_URL": url, "SHARECOVER_MASTER_KEY": base64.b64encode(MASTER_KEY).decode(), "SHARECOVER_LOGS": "json",
        "SHARECOVER_METRICS": f"127.0.0.1:{port}", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
        "SHARECOVER_RATE_TEST": "off", "SHARECOVER_WEBHOOKS_TO": "loopback",
    }  # fmt: skip
    with data_folder() as folder:
        with serving(folder, environment=environment) as service:
            yield service, [f"http://127.0.0.1:{one}/metrics" for one in (port, port + 1)]
        log += service.output.splitlines()


@contextmanager
def partners(url: str, address: str) -> Iterator[list[Platform]]:
    """Partners with a key each, on a database that refuses some people's rows."""
    with closing(Database.connect(url, pool_size=2)) as owner, closing(Database.connect(url, pool_size=2)) as app:
        with owner.engine.begin() as connection:
            connection.execute(text(REFUSING))
        # Nothing is quoted or rendered here.
        house = House(app, cast(Any, None), MasterKeyring(MASTER_KEY), cast(Any, None), cast(Any, None))
        made = [enrol_named(owner, house, f"Partner {number}", scopes=MEANINGS) for number in range(PARTNERS)]
    clients = [httpx2.Client(base_url=address, timeout=60, trust_env=False, verify=NO_TLS) for _ in made]
    try:
        yield [Platform(one.tenant, one.key, client) for one, client in zip(made, clients, strict=True)]
    finally:
        for client in clients:
            client.close()


class TestNothingTold:
    @promise(
        24, "canary secrets and personal data stand in no log, trace, metric or address",
        unit="requests", small=300, full=10_000,
        provokes=(
            "made", "refused", "broken", "covers", "pages", "certificates", "keys", "garbage", "canaries", "lines of log",
            "errors in the log", "spans", "samples", "jobs done",
            "webhooks tried",
        ),
    )  # fmt: skip
    def test_of_what_was_sent(self, fresh_database_url: str, trial: Trial) -> None:
        canaries, log = Canaries(trial.seed), list[str]()
        with (
            collecting() as collector,
            watched(fresh_database_url, collector, log) as (service, metrics),
            partners(fresh_database_url, f"http://127.0.0.1:{service.port}") as platforms,
        ):
            canaries.secrets |= {platform.key for platform in platforms}
            senders = [Sender(one, canaries, trial, trial.seed + number) for number, one in enumerate(platforms)]
            with ThreadPoolExecutor(PARTNERS) as threads:
                each = -(-trial.size // PARTNERS)
                for sent in threads.map(lambda sender: sender.send(each), senders):
                    trial.done(sent)
            # The worker renders what was bound, and tells of it.
            wait_for("the worker's jobs", lambda: _has_worked(metrics[1]))
            counted = [_asked(address) for address in metrics]
            # All has ended: what was still to be told is told.
        told = {
            "log": "\n".join(log).encode(),
            "metrics": "".join(counted).encode(),
            "traces": b"".join(collector.bodies),
            "addresses": "\n".join(one for sender in senders for one in sender.addresses).encode(),
        }
        self._count(trial, canaries, log, counted, collector)
        for place, words in told.items():
            assert canaries.found_in(words) == set(), place

    def _count(
        self, trial: Trial, canaries: Canaries, log: list[str], counted: list[str], collector: Collector
    ) -> None:
        """That there was something to be told, and that it was told where it should be."""
        lines = [json.loads(line) for line in log]
        requests = [line for line in lines if line["logger"] == "coverage.requests"]
        assert len(requests) >= trial.tried
        trial.met("canaries", len(canaries.made) + len(canaries.secrets))
        trial.met("lines of log", len(lines))
        trial.met("errors in the log", sum("error" in line for line in lines))
        spans = collector.spans
        trial.met("spans", len(spans))
        assert {"web", "worker"} == {span.process["sharecover.process"] for span in spans}
        read = [samples(one) for one in counted]
        trial.met("samples", sum(map(len, read)))
        jobs = {labels: value for (name, labels), value in read[1].items() if name == "sharecover_job_seconds_count"}
        trial.met("jobs done", int(sum(jobs.values())))
        hooks = sum(value for (name, _), value in read[1].items() if name == "sharecover_webhooks_total")
        trial.met("webhooks tried", int(hooks))
        answered = sum(value for (name, _), value in read[0].items() if name == "sharecover_request_seconds_count")
        assert answered >= trial.tried

    def test_is_looked_for_where_it_may_stand(self) -> None:
        """The net itself: what stands in a haystack is found, whatever is around it."""
        canaries = Canaries(1)
        word, key = canaries.new(), "sk_test_abc"
        canaries.secrets.add(key)
        assert canaries.found_in(f"…%20{word.lower()}&q=QX".encode()) == {word.lower().encode()}
        assert canaries.found_in(f"x{word}{word}x Bearer {key}".encode()) == {word.lower().encode(), key.encode()}
        assert canaries.found_in(f"{word[:-1]} {BORN.replace('-', '')}".encode()) == set()


def _has_worked(address: str) -> bool:
    try:
        told = _asked(address)
    except httpx2.ConnectError:  # it starts beside the service, and after it
        return False
    return "sharecover_job_seconds_count" in told and "sharecover_webhooks_total{" in told


def _asked(address: str) -> str:
    answer = httpx2.get(address, timeout=10, trust_env=False, verify=NO_TLS)
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("value", [{"url": "https://a"}, {"x": [{"self_href": "/a"}]}, {"docs": "see https://a"}])
def test_addresses_are_found_in_answers(value: Any) -> None:
    assert len(list(_urls(value))) == 1
