"""The pages that a member opens: a link is exchanged for a cookie, so that the secret leaves the address at once."""

from __future__ import annotations

from typing import Annotated, Final, cast

from fastapi import APIRouter, Cookie, Depends, Header, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from coverage.domain.cover import phase
from coverage.domain.period import Period
from coverage.messages import LANGUAGES, Words, best_language
from coverage.operations.certifying import certificate_facts, certificate_of
from coverage.operations.house import House
from coverage.operations.showing import find_cover
from coverage.operations.unlocking import caller_by_link
from coverage.web.member.rendering import CONTENT_SECURITY_POLICY, State, render_cover_page, render_gone_page

router = APIRouter(include_in_schema=False)

COOKIE: Final = "sharecover_member"
COOKIE_SECONDS: Final = 30 * 86_400
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex",
}


async def house_of(request: Request) -> House:
    """The house that the application was built on."""
    return cast(House, request.app.state.house)


async def words_of(
    lang: Annotated[str | None, Query()] = None, accept_language: Annotated[str | None, Header()] = None
) -> Words:
    """The words of the language that was chosen on the page, or else of the browser's."""
    return Words(lang if lang in LANGUAGES else best_language(accept_language))


TheHouse = Annotated[House, Depends(house_of)]
TheWords = Annotated[Words, Depends(words_of)]
TheCookie = Annotated[str | None, Cookie(alias=COOKIE)]


@router.get("/m")
def show_cover(house: TheHouse, words: TheWords, cookie: TheCookie = None) -> Response:
    """The member's cover in plain words."""
    opened = caller_by_link(house, cookie) if cookie else None
    if opened is None:
        return _gone(words)
    caller, cover_id = opened
    with house.transaction(caller) as tx:
        cover = find_cover(tx, cover_id)
        state = phase(cover.state, Period(cover.starts_at, cover.ends_at), tx.now)
        certificate = certificate_facts(tx, cover, words.language)
    page = render_cover_page(
        certificate, cast(State, state), words, f"/m/certificate?lang={words.language}",
        {language: f"/m?lang={language}" for language in LANGUAGES},
    )  # fmt: skip
    return HTMLResponse(page, headers=HEADERS | {"Content-Language": words.language})


@router.get("/m/certificate", name="member_certificate")
def download(house: TheHouse, words: TheWords, cookie: TheCookie = None) -> Response:
    """The member's certificate as PDF."""
    opened = caller_by_link(house, cookie) if cookie else None
    if opened is None:
        return _gone(words)
    caller, cover_id = opened
    pdf, number = certificate_of(house, caller, cover_id, words.language)
    headers = HEADERS | {"Content-Disposition": f'inline; filename="{number}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


# Last of the paths under /m: it takes whatever the others leave.
@router.get("/m/{token}", name="open_link")
def open_link(request: Request, house: TheHouse, words: TheWords, token: str) -> Response:
    """Exchanges the link for a cookie and goes on to the page."""
    if caller_by_link(house, token) is None:
        return _gone(words)
    query = f"?{request.url.query}" if request.url.query else ""
    answer = RedirectResponse(f"/m{query}", 303, headers=HEADERS)
    secure = request.scope["scheme"] == "https"
    answer.set_cookie(COOKIE, token, max_age=COOKIE_SECONDS, path="/m", httponly=True, samesite="lax", secure=secure)
    return answer


def _gone(words: Words) -> Response:
    return HTMLResponse(render_gone_page(words), 404, headers=HEADERS | {"Content-Language": words.language})
