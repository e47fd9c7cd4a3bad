"""The pages of a tool library that has its loans covered by Sharecover."""

from __future__ import annotations

import logging
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import FastAPI, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.concurrency import run_in_threadpool

from examples.tool_library.lending import CAMILLE, HERE, SHELF, Loan, Loans, Told, Tool
from sharecover_client import BadSignature, Conflict, Invalid, Sharecover, SharecoverError, verified
from sharecover_client.generated.models.cover_request import CoverRequest
from sharecover_client.generated.models.disclosures import Disclosures
from sharecover_client.generated.models.money import Money
from sharecover_client.generated.models.parties import Parties
from sharecover_client.generated.models.party import Party
from sharecover_client.generated.models.payment import Payment
from sharecover_client.generated.models.priced import Priced
from sharecover_client.generated.models.quote_request import QuoteRequest

FOLDER: Final = Path(__file__).parent
PRODUCT: Final = "tool_lending"
LANGUAGE: Final = "en"
HOURS: Final = {4: "4 hours", 8: "8 hours", 24: "1 day", 48: "2 days", 168: "1 week", 240: "10 days"}
POLICY: Final = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
SAID: Final = {
    "cover.issued": "The insurer has issued your cover",
    "cover.started": "Your cover has begun",
    "cover.ended": "Your cover has ended",
    "cover.cancelled": "Your cover was cancelled",
}

log = logging.getLogger("tool_library")


def create_app(sharecover: Sharecover, webhook_secret: str | None = None) -> FastAPI:
    """The library's pages. With a `webhook_secret` it takes webhooks, and shows what they tell."""
    app = FastAPI(title="Tool library", openapi_url=None)
    pages, loans = _pages(), Loans()
    app.mount("/static", StaticFiles(directory=FOLDER / "static"))

    def page(request: Request, name: str, status: int = 200, **shown: Any) -> Response:
        return pages.TemplateResponse(request, name, {"member": CAMILLE, **shown}, status_code=status)

    def the_loan(loan_id: str) -> Loan:
        loan = loans.find(loan_id)
        if loan is None:
            raise HTTPException(404, "There is no such loan.")
        return loan

    @app.middleware("http")
    async def guarded(request: Request, call_next: Any) -> Response:
        answer: Response = await call_next(request)
        answer.headers["Content-Security-Policy"] = POLICY
        answer.headers["Referrer-Policy"] = "same-origin"
        return answer

    @app.exception_handler(SharecoverError)
    def trouble(request: Request, error: Exception) -> Response:
        log.warning("%s", error)
        return page(request, "trouble.html", 503)

    @app.exception_handler(HTTPException)
    def missing(request: Request, error: Exception) -> Response:
        return page(request, "missing.html", 404, words=getattr(error, "detail", ""))

    @app.get("/")
    def shelf(request: Request) -> Response:
        return page(request, "shelf.html", tools=SHELF, prices=_prices(sharecover), loans=loans.covered())

    @app.get("/tools/{slug}")
    def tool(request: Request, slug: str) -> Response:
        return page(request, "tool.html", tool=_tool(slug), hours=HOURS, chosen=24, start=_tomorrow(), key=uuid.uuid4())

    @app.post("/tools/{slug}/loans")
    def ask(
        request: Request,
        slug: str,
        start: Annotated[str, Form()],
        hours: Annotated[int, Form()],
        key: Annotated[str, Form(max_length=40)],
    ) -> Response:
        wanted, begins, wrong = _tool(slug), _moment(start), None
        if begins is None or hours not in HOURS:
            wrong = "Choose a day, an hour and how long."
        elif back := loans.away(wanted, begins, hours):
            wrong = f"Somebody has it then; it is back on {_told_at(back)}."
        else:
            try:
                quote = sharecover.create_quote(body=_question(wanted, begins, hours), idempotency_key=f"ask-{key}")
            except Invalid as error:
                wrong = " ".join(one.detail.capitalize() + "." for one in error.mistakes) or error.detail
            else:
                loan = loans.add(wanted, begins, hours, quote, datetime.now(UTC))
                return RedirectResponse(f"/loans/{loan.id}", 303)
        return page(
            request,
            "tool.html",
            422,
            tool=wanted,
            hours=HOURS,
            chosen=hours,
            start=start,
            key=uuid.uuid4(),
            wrong=wrong,
        )

    @app.get("/loans/{loan_id}")
    def loan(request: Request, loan_id: str) -> Response:
        found = the_loan(loan_id)
        if found.cover is not None:
            return page(request, "covered.html", loan=found, cover=found.cover, said=SAID)
        if found.quote.state != "open":
            return page(request, "reasons.html", loan=found, reasons=found.quote.reasons)
        document = sharecover.retrieve_information_document(PRODUCT, language=LANGUAGE).to_dict()
        return page(request, "quote.html", loan=found, price=found.quote.price, about=document["content"])

    @app.get("/loans/{loan_id}/information.pdf")
    def information(loan_id: str) -> Response:
        the_loan(loan_id)
        content = sharecover.retrieve_information_document_pdf(PRODUCT, language=LANGUAGE)
        return _pdf(content, "information")

    @app.post("/loans/{loan_id}/cover")
    def take(request: Request, loan_id: str, read: Annotated[str | None, Form()] = None) -> Response:
        found = the_loan(loan_id)
        if read is None or found.cover is not None:
            return RedirectResponse(f"/loans/{loan_id}", 303)
        if back := loans.away(found.tool, found.start, found.hours, but=found):
            words = f"somebody was faster, and has the tool until {_told_at(back)}"
            return page(request, "gone.html", 409, loan=found, words=words)
        try:
            # Its key hangs on the loan alone: two clicks, or a crash of ours between them, buy one cover.
            cover = sharecover.create_cover(body=_binding(found), idempotency_key=f"take-{found.id}")
        except Conflict as error:
            words = f"the insurer can't take it any more: {error.detail}"
            return page(request, "gone.html", 409, loan=found, words=words)
        loans.take(loan_id, cover)
        return RedirectResponse(f"/loans/{loan_id}", 303)

    @app.get("/loans/{loan_id}/certificate.pdf")
    def certificate(loan_id: str) -> Response:
        found = the_loan(loan_id)
        if found.cover is None:
            raise HTTPException(404, "This loan has no cover yet.")
        return _pdf(sharecover.retrieve_certificate(found.cover.id, language=LANGUAGE), found.cover.number)

    @app.get("/loans/{loan_id}/told")
    def told(request: Request, loan_id: str) -> Response:
        return page(request, "told.html", loan=the_loan(loan_id), said=SAID)

    @app.post("/webhooks")
    async def webhook(request: Request) -> Response:
        if webhook_secret is None:
            return Response(status_code=404)
        try:
            event = verified(webhook_secret, await request.body(), request.headers)
        except BadSignature as error:
            log.warning("refused a webhook: %s", error)
            return Response(status_code=400)
        news = Told(event.id, event.type_, event.sequence, event.happened_at)
        await run_in_threadpool(loans.tell, event.subject, news)
        return Response(status_code=204)

    return app


def _tool(slug: str) -> Tool:
    for one in SHELF:
        if one.slug == slug:
            return one
    raise HTTPException(404, "There is no such tool on the shelf.")


def _question(tool: Tool, start: datetime, hours: int) -> QuoteRequest:
    return QuoteRequest(
        product=PRODUCT, start=start, end=start + timedelta(hours=hours), risk=tool.risk, language=LANGUAGE
    )


def _binding(loan: Loan) -> CoverRequest:
    ipid = loan.quote.ipid
    if ipid is None:
        raise HTTPException(404, "This loan can't be covered.")
    return CoverRequest(
        quote=loan.quote.id,
        parties=Parties(policyholder=Party(CAMILLE.reference, CAMILLE.name, CAMILLE.email, locale=LANGUAGE)),
        disclosures=Disclosures(ipid.sha256, ipid.language, loan.shown_at),
        payment=Payment("invoice"),
    )


def _prices(sharecover: Sharecover) -> dict[str, Money]:
    """What four hours of each tool's cover cost. A shelf without prices is better than no shelf."""
    asked = [{"product": PRODUCT, "start": "at_issue", "duration": "PT4H", "risk": tool.risk} for tool in SHELF]
    try:
        found = sharecover.price_risks(body={"prices": asked}).data
    except SharecoverError as error:
        log.warning("%s", error)
        return {}
    return {
        tool.slug: one.price.gross
        for tool, one in zip(SHELF, found, strict=True)
        if isinstance(one, Priced) and one.price is not None
    }


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=HERE)
    except ValueError:
        return None


def _told_at(at: datetime) -> str:
    return f"{at.astimezone(HERE):%a %-d %b, %H:%M}"


def _tomorrow() -> str:
    at_nine = (datetime.now(HERE) + timedelta(days=1)).replace(hour=9, minute=0)
    return at_nine.strftime("%Y-%m-%dT%H:%M")


def _pdf(content: bytes, name: str) -> Response:
    return Response(
        content, media_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}.pdf"'}
    )


def _pages() -> Jinja2Templates:
    pages = Jinja2Templates(FOLDER / "templates")
    pages.env.trim_blocks = pages.env.lstrip_blocks = True
    pages.env.filters["euros"] = lambda money: f"€{money.amount // 100:,}.{money.amount % 100:02d}"
    pages.env.filters["worth"] = lambda cents: f"€{cents // 100:,}"
    pages.env.filters["moment"] = _told_at
    return pages
