"""`coverage demo`: a whole Saturday against a running service, from the quote to the claim."""

from __future__ import annotations

import json
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from coverage.commands.demo_by_card import NotSettled, member_at, play_by_card
from coverage.domain.money import Money

PARIS = ZoneInfo("Europe/Paris")


def add_to(app: typer.Typer) -> None:
    """Adds the demo."""

    @app.command()
    def demo(
        url: Annotated[str, typer.Option(help="The running service.")] = "http://localhost:8000",
        key: Annotated[
            str | None, typer.Option(help="A test key.", show_default="the demo's own, from the data folder")
        ] = None,
        data: Annotated[
            Path | None, typer.Option(help="The service's data folder.", show_default="$SHARECOVER_DATA or .data")
        ] = None,
        out: Annotated[Path, typer.Option(help="Folder for the certificate.")] = Path("demo-output"),
        card: Annotated[
            bool, typer.Option("--card", help="Pay by card at the demo's stand-in, change the cover and cancel it.")
        ] = False,
    ) -> None:
        """Play the Saturday: an employee borrows the company's van, carries goods worth 8,000 EUR, and on Sunday declares a claim.

        Each request and answer is printed; the certificate stays in a folder. The partner's test clock is moved forward to Sunday, so a second run plays the Saturday after.
        """
        folder = data or Path(os.environ.get("SHARECOVER_DATA") or ".data")
        caller = _Caller(url, key or _playing_key(folder))
        if card:
            _play_by_card(caller, folder, out)
        else:
            _play(caller, out)


def _playing_key(folder: Path) -> str:
    try:
        return str(json.loads((folder / "demo.json").read_text())["playing_key"])
    except (OSError, ValueError, LookupError, TypeError):
        _fail(f"there is no demo key in {folder}; start the service with ./dev serve, or name a test key with --key")


def _fail(message: str) -> NoReturn:
    Console(stderr=True).print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1)


class _Caller:
    """Sends requests and prints them with their answers."""

    def __init__(self, url: str, key: str) -> None:
        import httpx2

        self.console = Console()
        self._url = url.rstrip("/")
        self._failures = (httpx2.TransportError, httpx2.InvalidURL)
        if not key.isascii() or not key.isprintable():
            _fail("this is no API key; expected sk_test_…")
        self._client = httpx2.Client(headers={"Authorization": f"Bearer {key}"}, timeout=60)

    def call(self, method: str, path: str, body: Any = None, *, safe: bool = True) -> Any:
        """What the service answers: a PDF's bytes, or JSON. An unsafe call gets an idempotency key."""
        self.console.rule(f"{method} {path}", align="left")
        headers = {} if safe else {"Idempotency-Key": secrets.token_hex(16)}
        if body is not None:
            self.console.print_json(data=body)
        try:
            answer = self._client.request(method, self._url + path, json=body, headers=headers)
        except self._failures as error:
            _fail(
                f"nothing answers on {self._url} ({error}); start the service with ./dev serve, or name it with --url"
            )
        self.console.print(f"[bold]{answer.status_code}[/] {answer.reason_phrase}", highlight=False)
        if answer.headers.get("content-type", "").startswith("application/pdf"):
            return answer.content
        try:
            found = answer.json()
        except ValueError:
            _fail(f"what answers on {self._url} isn't the service; name the service with --url")
        self.console.print_json(data=found)
        if answer.is_error:
            _fail("the service refused; the answer above says why")
        return found


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _fail(f"the folder {out} can't be made ({error.strerror}); choose another with --out")


def _play_by_card(caller: _Caller, folder: Path, out: Path) -> None:
    _make_folder(out)
    try:
        member = member_at(folder)
    except (OSError, ValueError, LookupError):
        _fail(f"no stand-in for cards is told of in {folder}; start the service with ./dev serve")
    clock = caller.call("GET", "/v1/test_clock")
    wanted = _quote(_next_saturday(datetime.fromisoformat(clock["now"])))
    # Another van and member each time: a life that was broken off may still have the last ones.
    number = secrets.randbelow(900) + 100
    wanted["risk"]["registration"] = f"AB-{number}-CD"
    quote = caller.call("POST", "/v1/quotes", wanted)
    bind = _bind(quote, clock["now"])
    bind["parties"]["policyholder"]["reference"] = f"emp-{number}"

    def tell(words: str) -> None:
        caller.console.print(words, markup=False, highlight=False, soft_wrap=True)

    try:
        play_by_card(caller.call, tell, bind, member, out)
    except NotSettled:
        _fail("the payment wasn't noted in time; is the service's stand-in the one of that data folder?")


def _play(caller: _Caller, out: Path) -> None:
    _make_folder(out)
    clock = caller.call("GET", "/v1/test_clock")
    saturday = _next_saturday(datetime.fromisoformat(clock["now"]))
    quote = caller.call("POST", "/v1/quotes", _quote(saturday))
    cover = caller.call("POST", "/v1/covers", _bind(quote, clock["now"]), safe=False)
    pdf = caller.call("GET", f"/v1/covers/{cover['id']}/certificate?language=en")
    path = out / f"{cover['number']}.pdf"
    path.write_bytes(pdf)
    caller.console.print(f"The certificate: {path}", markup=False, highlight=False, soft_wrap=True)
    sunday = saturday + timedelta(days=1, hours=2)
    caller.call("POST", "/v1/test_clock/advance", {"to": sunday.isoformat()})
    caller.call("GET", f"/v1/covers/{cover['id']}")
    claim = caller.call("POST", "/v1/claims", _claim(cover["id"], saturday), safe=False)
    caller.console.rule()
    gross = Money(**cover["price"]["gross"])
    caller.console.print(
        f"Quoted and covered for [bold]{gross}[/]; certificate {cover['number']}; "
        f"claim {claim['number']} is {claim['state']}.",
        highlight=False, soft_wrap=True,
    )  # fmt: skip


def _next_saturday(now: datetime) -> datetime:
    """The next Saturday at 08:00 in Paris, at least twelve hours ahead."""
    local = (now + timedelta(hours=12)).astimezone(PARIS)
    day = local + timedelta(days=(5 - local.weekday()) % 7)
    start = day.replace(hour=8, minute=0, second=0, microsecond=0)
    return start if start >= local else start + timedelta(days=7)


def _quote(saturday: datetime) -> dict[str, Any]:
    return {
        "product": "off_duty_vehicle",
        "start": saturday.isoformat(),
        "end": saturday.replace(hour=20).isoformat(),
        "risk": {
            "vehicle_class": "van",
            "registration": "AB-123-CD",
            "driver_born": "1990-05-01",
            "licence_since": "2010-06-01",
            "goods_value": {"amount": 800_000, "currency": "EUR"},
        },
        "language": "en",
    }


def _bind(quote: dict[str, Any], now: str) -> dict[str, Any]:
    return {
        "quote": quote["id"],
        "parties": {
            "policyholder": {
                "reference": "emp-1024",
                "name": "Camille Martin",
                "email": "camille@example.org",
                "locale": "en",
            }
        },
        "disclosures": {"ipid_sha256": quote["ipid"]["sha256"], "language": quote["ipid"]["language"], "given_at": now},
        "payment": {"method": "invoice"},
    }


def _claim(cover_id: str, saturday: datetime) -> dict[str, Any]:
    return {
        "cover": cover_id,
        "loss_at": saturday.replace(hour=15, minute=30).isoformat(),
        "cause": "accident",
        "description": "The wardrobe fell over when the van braked; its mirror is broken.",
        "losses": [{"section": "goods_carried", "estimate": {"amount": 42_000, "currency": "EUR"}}],
    }
