"""The pages on which whoever holds a certificate checks it: by its code for a camera, by what is typed, or as a file.

They say whether it counts and what it is about, and as little of anybody as shows that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Cookie, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from coverage.domain.vouching import Standing
from coverage.messages import LANGUAGES, Words
from coverage.operations.house import House
from coverage.operations.vouching import FileVouched, Vouched, vouch_by_file, vouch_by_link, vouch_by_number
from coverage.web.member.pages import HEADERS, TheHouse, TheWords
from coverage.web.member.rendering import CONTENT_SECURITY_POLICY, render
from coverage.web.turnstile import address_of

router = APIRouter(include_in_schema=False)

COOKIE: Final = "sharecover_proof"
# Who looks again later holds the certificate still, and can scan it again.
COOKIE_SECONDS: Final = 900
# How a certificate stands: the answer, and its sentence, which may name an instant and the insurer.
_STANDINGS: Final[Mapping[Standing, tuple[str, str]]] = {
    "valid": ("verify.valid", "verify.valid_sentence"),
    "not_yet": ("verify.not_yet", "verify.not_yet_sentence"),
    "ended": ("verify.ended", "verify.ended_sentence"),
    "cancelled": ("verify.cancelled", "verify.cancelled_sentence"),
    "replaced": ("verify.replaced", "verify.replaced_sentence"),
    "payment_disputed": ("verify.payment_disputed", "verify.payment_disputed_sentence"),
}
OWN_FORMS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY.replace("form-action 'none'", "form-action 'self'")
}
# A day as a browser sends it, and as people of either language write it.
_DAYS: Final = (
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"),
    re.compile(r"(?P<d>\d{1,2})[/. -](?P<m>\d{1,2})[/. -](?P<y>\d{4})"),
)


@router.get("/verify", name="verify_page")
def ask(words: TheWords) -> Response:
    """Asks for a number and a day, or for a file."""
    return _form(words)


@router.post("/verify")
def check_number(
    request: Request,
    house: TheHouse,
    words: TheWords,
    number: Annotated[str, Form(max_length=40)] = "",
    start: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Tells of the certificate with that number and that first day."""
    starts_on = _day(start)
    if not number.strip() or starts_on is None:
        return _form(words, "verify.incomplete", number=number, start=start, status=422)
    wait = _seconds_to_wait(house, request, "verify_typed")
    if wait is not None:
        return _too_often(words, wait)
    found = vouch_by_number(house, number, starts_on, words.language)
    if found is None:
        return _form(words, "verify.unknown_number", number=number, start=start, status=404)
    return _told(words, found)


@router.post("/verify/file")
def check_file(
    request: Request, house: TheHouse, words: TheWords, file: Annotated[UploadFile | None, File()] = None
) -> Response:
    """Tells whether the file is a certificate as we made it, to the last byte."""
    pdf = file.file.read() if file else b""
    if not pdf:
        return _form(words, "verify.no_file", status=422)
    wait = _seconds_to_wait(house, request, "verify_file")
    if wait is not None:
        return _too_often(words, wait)
    found = vouch_by_file(house, pdf, words.language)
    if found.certificate is None and found.found != "genuine":
        return _form(words, "verify.changed_file" if found.found == "changed" else "verify.unknown_file", status=404)
    return _told(words, found.certificate, found)


@router.get("/verify/certificate", name="proof_page")
def show(
    house: TheHouse, words: TheWords, cookie: Annotated[str | None, Cookie(alias=COOKIE)] = None
) -> Response:  # fmt: skip
    """Tells of the certificate that was scanned last."""
    found = vouch_by_link(house, cookie, words.language) if cookie else None
    if found is None:
        return RedirectResponse("/verify", 303, headers=HEADERS)
    return _told(words, found, languages="/verify/certificate")


# Last of the paths under /verify: it takes whatever the others leave.
@router.get("/verify/{token}", name="open_proof")
def scan(request: Request, house: TheHouse, words: TheWords, token: str) -> Response:
    """Exchanges the code's secret for a cookie, so that it leaves the address at once, and goes on to the page."""
    if vouch_by_link(house, token, words.language) is None:
        return _form(words, "verify.unknown_link", status=404)
    answer = RedirectResponse("/verify/certificate", 303, headers=HEADERS)
    answer.set_cookie(
        COOKIE, token, max_age=COOKIE_SECONDS, path="/verify", httponly=True, samesite="lax",
        secure=request.scope["scheme"] == "https",
    )  # fmt: skip
    return answer


def _told(words: Words, found: Vouched | None, file: FileVouched | None = None, languages: str = "") -> Response:
    """The page of a certificate. What was posted can't be asked for again in another language by a link."""
    headline, sentence, look = "verify.genuine_unknown", words.text("verify.genuine_unknown_sentence"), "unknown"
    if found is not None and not found.livemode:
        headline, sentence, look = "verify.test", words.text("verify.test_sentence"), "test"
    elif found is not None:
        headline, key = _STANDINGS[found.standing]
        instants = {"not_yet": found.starts_at, "cancelled": found.cancelled_at, "replaced": found.replaced_at}
        instant = words.instant(instants.get(found.standing) or found.ends_at, found.timezone)
        sentence, look = words.text(key, instant=instant, insurer=found.insurer), found.standing
    page = render(
        "verified.html", words=words, found=found, file=file.found if file else None, headline=words.text(headline),
        sentence=sentence, look=look, languages=_languages(languages),
    )  # fmt: skip
    return HTMLResponse(page, headers=HEADERS | OWN_FORMS | {"Content-Language": words.language})


def _form(
    words: Words, problem: str | None = None, *, number: str = "", start: str = "", status: int = 200
) -> Response:
    day = _day(start)
    page = render(
        "verify.html", words=words, problem=words.text(problem) if problem else None, number=number,
        start=day.isoformat() if day else "", languages=_languages("/verify"),
    )  # fmt: skip
    return HTMLResponse(page, status, headers=HEADERS | OWN_FORMS | {"Content-Language": words.language})


def _too_often(words: Words, seconds: int) -> Response:
    answer = _form(words, "verify.too_often", status=429)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _languages(address: str) -> list[tuple[str, str, str]]:
    if not address:
        return []
    return [(code, Words(code).text("member.this_language"), f"{address}?lang={code}") for code in LANGUAGES]


def _day(text: str) -> date | None:
    """The day that was meant; None for what is no day."""
    for shape in _DAYS:
        if written := shape.fullmatch(text.strip()):
            try:
                return date(int(written["y"]), int(written["m"]), int(written["d"]))
            except ValueError:
                return None
    return None


def _seconds_to_wait(house: House, request: Request, what: str) -> int | None:
    taken = house.limits.take(what, address_of(request.scope)) if house.limits else None
    return taken.more_in_seconds if taken is not None and taken.refused else None
