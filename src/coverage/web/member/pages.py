"""The pages that a member opens: a link is exchanged for a cookie, so that the secret leaves the address at once."""

from __future__ import annotations

from typing import Annotated, Final, Literal, cast
from urllib.parse import urlencode

from fastapi import APIRouter, Cookie, Depends, Header, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from coverage.domain.faults import Conflict, Fault, Unavailable
from coverage.domain.tenant import Caller
from coverage.messages import LANGUAGES, Words, best_language
from coverage.operations.certifying import certificate_of
from coverage.operations.documenting import cover_information, issued_said, terms_of_cover, wallet_address
from coverage.operations.house import House
from coverage.operations.paying import CoverRead, hear_of_payment, read_cover, way_to_pay
from coverage.operations.showing import find_cover
from coverage.operations.unlocking import caller_by_link
from coverage.web.calendar import MEDIA_TYPE, calendar_of
from coverage.web.member.rendering import (
    CONTENT_SECURITY_POLICY,
    Addresses,
    LookAgain,
    Notice,
    is_payable,
    policy_with_form,
    render_away_page,
    render_cover_page,
    render_gone_page,
    render_not_yet_page,
    render_refused_page,
)

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
# A page that waits for a bank looks again after 5 seconds, then after 10 …, and in the end each minute.
LOOK_AGAIN_SECONDS: Final = 5
MOST_SECONDS: Final = 60
# What else there is of an issued cover, each at an address of its own under /m.
DOCUMENTS: Final[tuple[Literal["terms", "ipid", "calendar"], ...]] = ("terms", "ipid", "calendar")
# How often a member has looked since coming back from paying; 0 is for who came back without.
MOST_LOOKS: Final = 999


async def house_of(request: Request) -> House:
    """The house that the application was built on."""
    return cast(House, request.app.state.house)


async def words_of(
    lang: Annotated[str | None, Query()] = None, accept_language: Annotated[str | None, Header()] = None
) -> Words:
    """The words of the language that was chosen on the page, or else of the browser's."""
    return _words(lang, accept_language)


def _words(lang: str | None, accept_language: str | None) -> Words:
    return Words(lang if lang in LANGUAGES else best_language(accept_language))


def looks_of(paid: Annotated[str | None, Query()] = None) -> int | None:
    """How often the member has looked since coming back from the processor's page; None for who didn't."""
    return int(paid) if paid and len(paid) <= 3 and paid.isascii() and paid.isdigit() else None


TheHouse = Annotated[House, Depends(house_of)]
TheWords = Annotated[Words, Depends(words_of)]
TheLooks = Annotated[int | None, Depends(looks_of)]
TheCookie = Annotated[str | None, Cookie(alias=COOKIE)]


@router.get("/m", name="member_page")
def show_cover(
    request: Request, house: TheHouse, words: TheWords, looks: TheLooks, cookie: TheCookie = None
) -> Response:
    """The member's cover in plain words; to one who comes back from paying, as the processor knows it now."""
    opened = caller_by_link(house, cookie) if cookie else None
    if opened is None:
        return _gone(words)
    return _page(request, house, words, opened, looks=looks)


@router.post("/m/pay")
def pay(
    request: Request,
    house: TheHouse,
    words: TheWords,
    cover: Annotated[str | None, Query(max_length=80)] = None,
    cookie: TheCookie = None,
) -> Response:
    """Goes on to the processor's page on which the member pays: the same one however often this is sent.

    A form that was opened for another cover than the one whose page was opened last pays nothing: that page is shown.
    """
    if _is_from_elsewhere(request):
        return HTMLResponse(render_refused_page(words), 403, headers=HEADERS | {"Content-Language": words.language})
    opened = caller_by_link(house, cookie) if cookie else None
    if opened is None:
        return _gone(words)
    with house.transaction(opened[0]) as tx:
        another = cover is not None and find_cover(tx, opened[1]).number != cover
    if another:
        return RedirectResponse(f"/m?{_query(words.language, 0)}", 303, headers=HEADERS)
    here = f"{house.public_url}/m"
    try:
        address = way_to_pay(
            house, *opened, paid_url=f"{here}?{_query(words.language, 1)}", back_url=f"{here}?{_query(words.language, 0)}"
        )  # fmt: skip
    except Unavailable as fault:
        if fault.code != "payments_unavailable":
            raise
        return _page(request, house, words, opened, notice="unreachable", status=503)
    # Where there is nothing to pay any more, the page says why.
    return RedirectResponse(address or f"/m?{_query(words.language, 1)}", 303, headers=HEADERS)


@router.get("/m/certificate", name="member_certificate")
def download(house: TheHouse, words: TheWords, cookie: TheCookie = None) -> Response:
    """The member's certificate as PDF."""
    opened = caller_by_link(house, cookie) if cookie else None
    if opened is None:
        return _gone(words)
    return _pdf(certificate_of(house, *opened, words.language))


@router.get("/m/terms", name="member_terms")
def download_terms(house: TheHouse, words: TheWords, cookie: TheCookie = None) -> Response:
    """The terms of the member's cover in full, as PDF."""
    opened = caller_by_link(house, cookie) if cookie else None
    if opened is None:
        return _gone(words)
    return _pdf(terms_of_cover(house, *opened, words.language), "terms")


@router.get("/m/ipid", name="member_ipid")
def download_ipid(house: TheHouse, words: TheWords, cookie: TheCookie = None) -> Response:
    """The information document that goes with the member's cover, as PDF."""
    opened = caller_by_link(house, cookie) if cookie else None
    if opened is None:
        return _gone(words)
    return _pdf(cover_information(house, *opened, words.language), "ipid")


@router.get("/m/calendar", name="member_calendar")
def download_calendar(house: TheHouse, words: TheWords, cookie: TheCookie = None) -> Response:
    """The cover's hours for the member's calendar."""
    opened = caller_by_link(house, cookie) if cookie else None
    if opened is None:
        return _gone(words)
    caller, cover_id = opened
    with house.transaction(caller) as tx:
        said = issued_said(tx, cover_id, words.language)
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{said.number}.ics"'}
    return Response(calendar_of(said, words, house.public_url), media_type=MEDIA_TYPE, headers=headers)


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


def _pdf(document: tuple[bytes, str], kind: str = "") -> Response:
    pdf, number = document
    name = f"{number}-{kind}" if kind else number
    headers = HEADERS | {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


def _page(
    request: Request,
    house: House,
    words: Words,
    opened: tuple[Caller, str],
    *,
    looks: int | None = None,
    notice: Notice | None = None,
    status: int = 200,
) -> Response:
    caller, cover_id = opened
    heard = hear_of_payment(house, caller, cover_id, came_back=looks is not None)
    with house.transaction(caller) as tx:
        read = read_cover(tx, cover_id, words.language)
        wallet = wallet_address(house, tx, cover_id, words.language)
    again = None
    if heard != "known":
        next_look = min((looks or 0) + 1, MOST_LOOKS)
        again = LookAgain(
            min(LOOK_AGAIN_SECONDS * next_look, MOST_SECONDS), f"/m?{_query(words.language, next_look)}"
        )  # fmt: skip
    elif looks and _bought_all(read):
        notice = "paid"
    addresses = Addresses(
        certificate=f"/m/certificate?lang={words.language}",
        documents={kind: f"/m/{kind}?lang={words.language}" for kind in DOCUMENTS}
        | ({"wallet": wallet} if wallet else {}),
        languages={language: f"/m?{_query(language, looks)}" for language in LANGUAGES},
        pay=f"/m/pay?{urlencode({'lang': words.language, 'cover': read.said.number})}",
    )
    page = render_cover_page(read, words, addresses, heard=heard, notice=notice, look_again=again)
    headers = HEADERS | {"Content-Language": words.language}
    if is_payable(read, heard):
        headers["Content-Security-Policy"] = policy_with_form(request.app.state.checkout_origins)
    if status == 503:
        headers["Retry-After"] = str(MOST_SECONDS)
    return HTMLResponse(page, status, headers=headers)


def _bought_all(read: CoverRead) -> bool:
    """Whether what was paid for is there: nothing is due any more, and the last change came true."""
    undone = read.change_unpaid or read.change_undone
    return read.by_card and read.due is None and not undone and read.phase in ("scheduled", "on_risk")


def _query(language: str, looks: int | None) -> str:
    return urlencode({"lang": language} | ({} if looks is None else {"paid": looks}))


def _is_from_elsewhere(request: Request) -> bool:
    """Whether another site's page sent the form. The cookie, which is `SameSite=Lax`, doesn't come with it then; this
    holds where a browser sends it all the same.

    Our own pages send `Origin: null`, since they send no referrer (https://fetch.spec.whatwg.org/#origin-header).
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site != "same-origin"
    origin = request.headers.get("origin", "null")
    return origin != "null" and origin.partition("://")[2] != request.headers.get("host")


def fault_page(request: Request, fault: Fault, status: int) -> Response:
    """What a member reads where the page can't be shown: a sentence, and no problem as programs read it."""
    words = _words(request.query_params.get("lang"), request.headers.get("accept-language"))
    headers = HEADERS | {"Content-Language": words.language}
    if isinstance(fault, Conflict):
        return HTMLResponse(render_not_yet_page(words), status, headers=headers)
    if not isinstance(fault, Unavailable):
        return HTMLResponse(render_gone_page(words), status, headers=headers)
    return HTMLResponse(render_away_page(words), status, headers=headers | {"Retry-After": str(MOST_SECONDS)})


def _gone(words: Words) -> Response:
    return HTMLResponse(render_gone_page(words), 404, headers=HEADERS | {"Content-Language": words.language})
