"""The member's pages as HTML. No script, no style inside the page, no address but our own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from coverage.domain.certificate import Certificate
from coverage.messages import Words

# Where the web app serves the folder `assets/`.
ASSETS_URL = "/member/assets"
ASSETS = Path(__file__).with_name("assets")

# What the pages need, and all that they may get.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

State = Literal["scheduled", "on_risk", "ended", "cancelled"]

# The sentence of each state and the instant that it speaks of.
_STATES: dict[State, tuple[str, str]] = {
    "scheduled": ("member.scheduled", "member.scheduled_sentence"),
    "on_risk": ("member.on_risk", "member.on_risk_sentence"),
    "ended": ("member.ended", "member.ended_sentence"),
    "cancelled": ("member.cancelled", "member.cancelled_sentence"),
}

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# The style sheet's address changes with its content, so that it may be cached for ever.
_environment.globals["stylesheet"] = (
    f"{ASSETS_URL}/member.css?v={hashlib.sha256((ASSETS / 'member.css').read_bytes()).hexdigest()[:12]}"
)


def render_cover_page(
    certificate: Certificate,
    state: State,
    words: Words,
    certificate_url: str,
    language_urls: Mapping[str, str],
) -> str:
    """The page of one cover. `language_urls` gives this page's address in each language on offer."""
    title, sentence = _STATES[state]
    instants = {
        "scheduled": certificate.starts_at,
        "on_risk": certificate.ends_at,
        "ended": certificate.ends_at,
        "cancelled": certificate.cancelled_at or certificate.ends_at,
    }
    return _environment.get_template("cover.html").render(
        certificate=certificate,
        state=state,
        state_title=words.text(title),
        state_sentence=words.text(sentence, instant=words.instant(instants[state], certificate.timezone)),
        words=words,
        certificate_url=certificate_url,
        languages=[(code, Words(code).text("member.this_language"), url) for code, url in language_urls.items()],
    )


def render_gone_page(words: Words) -> str:
    """The page behind a link that is unknown or expired: it never tells which of the two."""
    return _environment.get_template("gone.html").render(words=words)
