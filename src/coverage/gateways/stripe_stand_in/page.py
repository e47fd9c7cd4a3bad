"""The stand-in's page on which a member pays: buttons for what a card may do, and no field for a real one."""

from __future__ import annotations

from html import escape
from typing import Final

from starlette.responses import HTMLResponse

from coverage.gateways.stripe_stand_in.account import Thing

_WARNING: Final = "This is no Stripe. No real card is taken here, and no money moves."
_CARDS: Final = (
    ("pm_card_visa", "Pay"),
    ("pm_card_authenticationRequired", "Pay with a card whose bank asks"),
    ("pm_card_chargeDeclined", "Pay with a card that is declined"),
)
_BANK: Final = (("approve", "Approve, as the bank's page does"), ("refuse", "Refuse, as the bank's page does"))
_STYLE: Final = (
    "body{font:1.1rem/1.5 sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem}"
    ".warning{background:#b00020;color:#fff;padding:1rem}"
    "button{display:block;width:100%;margin:.6rem 0;padding:.8rem;font:inherit}"
)
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def page_of(page: Thing, intent: Thing | None, *, said: str = "", status: int = 200) -> HTMLResponse:
    """The page as it is now: what it costs, and what can be done on it."""
    if page["status"] != "open":
        return _html("<p>This page isn't open any more.</p>", status)
    major, minor = divmod(page["amount_total"], 100)
    asked = intent is not None and intent["status"] == "requires_action"
    name, buttons = ("bank", _BANK) if asked else ("card", _CARDS)
    parts = [
        f"<h1>{escape(str(page['_named']))}</h1>",
        f"<p>{major}.{minor:02} {escape(page['currency'].upper())}</p>",
        f'<p role="alert">{escape(said)}</p>' if said else "",
        '<form method="post">',
        *(f'<button name="{name}" value="{value}">{escape(words)}</button>' for value, words in buttons),
        "</form>",
        f'<p><a href="{escape(page["cancel_url"])}">Back, without paying</a></p>',
    ]
    return _html("".join(parts), status)


def what_this_is(status: int) -> HTMLResponse:
    """What is shown where there is no page to pay on."""
    return _html("<p>A stand-in for Stripe's API, for tests and for a demo.</p>", status)


def _html(content: str, status: int) -> HTMLResponse:
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>A stand-in for Stripe</title>'
        f'<style>{_STYLE}</style><p class="warning">{_WARNING}</p>{content}</html>'
    )
    return HTMLResponse(text, status, _HEADERS)
