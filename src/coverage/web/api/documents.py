"""`/v1/covers/{id}/documents` and what stands there beside the certificate: terms, information document, calendar."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from coverage.messages import Words
from coverage.operations.documenting import cover_information, documents_of, issued_said, terms_of_cover
from coverage.web.api.access import TheCaller, TheHouse, needs, plainly
from coverage.web.api.bodies import StrictRoute
from coverage.web.api.shapes import InstantSeen, Shape, instant_text
from coverage.web.calendar import MEDIA_TYPE, calendar_of

router = APIRouter(prefix="/v1/covers", tags=["Covers"], route_class=StrictRoute, dependencies=[needs("covers")])

CoverId = Annotated[str, Path(description="The cover's id.")]
Language = Annotated[Literal["en", "fr"] | None, Query(description="Else the policyholder's.")]


class DocumentSeen(Shape):
    """A document of a cover in one language."""

    object: Literal["document"] = "document"
    kind: Literal["certificate", "terms", "ipid"]
    language: str
    url: str
    sha256: str | None = Field(description="Of one that was made already and is kept.")
    created_at: InstantSeen | None


class DocumentList(Shape):
    object: Literal["list"] = "list"
    data: list[DocumentSeen]
    has_more: bool = False


def pdf(description: str) -> dict[int | str, dict[str, Any]]:
    """How an answer that is a PDF is told."""
    content = {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}
    return {200: {"description": description, "content": content}}


def pdf_answer(content: bytes, name: str) -> Response:
    """A PDF to be looked at, under a name to keep it by."""
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": "private, no-store"}
    return Response(content, media_type="application/pdf", headers=headers)


@router.get(
    "/{cover_id}/documents",
    response_model=DocumentList,
    operation_id="listDocuments",
    summary="List a cover's documents",
)
def list_documents(house: TheHouse, caller: TheCaller, cover_id: CoverId) -> Response:
    """What can be downloaded of a cover, in each language. One that isn't issued has its information document alone."""
    with house.transaction(caller) as tx:
        found = documents_of(tx, cover_id)
    return plainly(
        DocumentList(
            data=[
                DocumentSeen(
                    kind=one.kind, language=one.language, sha256=one.sha256,
                    url=f"/v1/covers/{cover_id}/{one.kind}?language={one.language}",
                    created_at=instant_text(one.created_at) if one.created_at else None,
                )
                for one in found
            ]
        )
    )  # fmt: skip


@router.get(
    "/{cover_id}/terms",
    operation_id="retrieveTerms",
    summary="Download a cover's terms",
    response_class=Response,
    responses=pdf("The terms."),
)
def terms(house: TheHouse, caller: TheCaller, cover_id: CoverId, language: Language = None) -> Response:
    """The terms of the cover as they stand, in full: what is covered and how far, what isn't, and what to do. They are kept,
    and the same bytes each time until the cover changes.
    """
    content, number = terms_of_cover(house, caller, cover_id, language)
    return pdf_answer(content, f"{number}-terms")


@router.get(
    "/{cover_id}/ipid",
    operation_id="retrieveCoverInformation",
    summary="Download a cover's information document",
    response_class=Response,
    responses=pdf("The information document."),
)
def ipid(house: TheHouse, caller: TheCaller, cover_id: CoverId, language: Language = None) -> Response:
    """The information document of the product, as it stood when the cover was quoted (Regulation (EU) 2017/1469). Of an issued
    cover it is kept, and the same bytes each time.
    """
    content, number = cover_information(house, caller, cover_id, language)
    return pdf_answer(content, f"{number}-ipid")


@router.get(
    "/{cover_id}/calendar",
    operation_id="retrieveCalendar",
    summary="Download a cover's hours for a calendar",
    response_class=Response,
    responses={
        200: {"description": "One event (RFC 5545).", "content": {"text/calendar": {"schema": {"type": "string"}}}}
    },
)
def calendar(house: TheHouse, caller: TheCaller, cover_id: CoverId, language: Language = None) -> Response:
    """The cover's hours as an event, for the member's calendar. Imported again after a change, it moves."""
    with house.transaction(caller) as tx:
        said = issued_said(tx, cover_id, language)
    headers = {"Content-Disposition": f'attachment; filename="{said.number}.ics"', "Cache-Control": "private, no-store"}
    return Response(calendar_of(said, Words(said.language), house.public_url), media_type=MEDIA_TYPE, headers=headers)
