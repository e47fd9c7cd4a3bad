"""`/v1/products`: what is on sale, what it asks for, and what people must be given to read."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Response

from coverage.domain.faults import Detail, Missing, Rejected
from coverage.operations.documenting import product_information
from coverage.operations.house import House
from coverage.operations.quoting import ipid_content, ipid_hash
from coverage.rulebook.admission import is_personal
from coverage.rulebook.format import Edition, FieldTexts, InputTexts, Section, TaxExempt, TaxSplit, TaxTable
from coverage.rulebook.language.inputs import Input
from coverage.rulebook.language.lists import ListOf
from coverage.rulebook.language.notation import decimal_text
from coverage.rulebook.loaded import LoadedEdition
from coverage.web.api import declaring
from coverage.web.api.access import TheCaller, TheHouse, TheLanguage, caller_of, plainly
from coverage.web.api.answers import ProductList, ProductSeen
from coverage.web.api.bodies import StrictRoute
from coverage.web.api.documents import pdf, pdf_answer
from coverage.web.api.shapes import COUNTRY
from coverage.web.api.telling import api_value, duration_text, ipid_seen

router = APIRouter(prefix="/v1/products", tags=["Products"], route_class=StrictRoute, dependencies=[Depends(caller_of)])

PERSONAL: Final = "A personal fact: kept under the member's own key."

ProductName = Annotated[str, Path(max_length=60, description="The product's name.")]
Country = Annotated[str | None, Query(pattern=COUNTRY, description="Needed where it is sold in several.")]


@router.get("", response_model=ProductList, operation_id="listProducts", summary="List products")
def list_products(house: TheHouse) -> Response:
    """What is on sale now, by product and country."""
    found = [tell_product(edition) for edition in on_sale(house)]
    return plainly(ProductList(data=found, has_more=False))


@router.get("/{product}", response_model=ProductSeen, operation_id="retrieveProduct", summary="Read a product")
def retrieve_product(house: TheHouse, product: ProductName, country: Country = None) -> Response:
    """The product with the JSON Schema of its `risk`, its texts and its information documents."""
    return plainly(tell_product(_edition(house, product, country)))


@router.get(
    "/{product}/ipid",
    response_model=dict[str, Any],
    operation_id="retrieveInformationDocument",
    summary="Read a product's information document",
)
def retrieve_ipid(
    house: TheHouse, language_asked: TheLanguage, product: ProductName, country: Country = None,
    language: Annotated[Literal["en", "fr"] | None, Query()] = None,
) -> dict[str, Any]:  # fmt: skip
    """What the member must be given before the contract, in the order of Regulation (EU) 2017/1469."""
    edition = _edition(house, product, country)
    chosen = language or language_asked
    texts = edition.texts.get(chosen)
    if texts is None:
        raise Missing("not_found", f"{product} has no information document in {chosen!r}")
    return {
        "object": "information_document",
        "sha256": ipid_hash(edition.product, edition.country, chosen, texts),
        "content": ipid_content(edition.product, edition.country, chosen, texts),
    }


@router.get(
    "/{product}/ipid/pdf",
    operation_id="retrieveInformationDocumentPdf",
    summary="Download a product's information document",
    response_class=Response,
    responses=pdf("The information document."),
)
def retrieve_ipid_pdf(
    house: TheHouse, caller: TheCaller, language_asked: TheLanguage, product: ProductName, country: Country = None,
    language: Annotated[Literal["en", "fr"] | None, Query()] = None,
) -> Response:  # fmt: skip
    """What the member must be given before the contract, as PDF: two sides of A4 at the most, with your insurer's name."""
    edition = _edition(house, product, country)
    chosen = language or language_asked
    content = product_information(house, caller, edition, chosen)
    return pdf_answer(content, f"{edition.product}-{edition.country}-{chosen}-ipid")


def on_sale(house: House) -> list[LoadedEdition]:
    """The edition in force now of each product and country."""
    library, now = house.rules(), house.wall()
    found: dict[tuple[str, str], LoadedEdition] = {}
    for product in library.products():
        for edition in library.of(product):
            if edition.rules.withdrawn is None and edition.effective_at <= now:
                found.setdefault((edition.product, edition.country), edition)
    return [edition for edition in found.values() if edition.rules.sale == "open"]


def _edition(house: House, product: str, country: str | None) -> LoadedEdition:
    house.rules().of(product, country)  # says what is near, where there is no such product
    found = [e for e in on_sale(house) if e.product == product and country in (None, e.country)]
    if not found:
        raise Missing("unknown_product", f"{product} isn't on sale now")
    if len(found) > 1:
        sold = ", ".join(edition.country for edition in found)
        detail = Detail("?country", f"missing; expected one of {sold}", "missing_field")
        raise Rejected("country_needed", f"{product} is sold in {sold}; say which country", errors=(detail,))
    return found[0]


def tell_product(edition: LoadedEdition) -> ProductSeen:
    """A product as it is told, from its edition."""
    rules = edition.rules
    return ProductSeen(
        id=edition.product,
        country=edition.country,
        edition=edition.identity,
        currency=rules.currency,
        timezone=rules.timezone,
        name={language: texts.product.name for language, texts in edition.texts.items()},
        summary={language: texts.product.summary for language, texts in edition.texts.items()},
        term={
            "min": duration_text(rules.term.min),
            "max": duration_text(rules.term.max),
            "book_ahead": duration_text(rules.term.book_ahead),
        },
        starts_at_issue=rules.quote.floats > 0,
        parties={role: standing[0] if isinstance(standing, list) else standing for role, standing in rules.parties.items()},
        territory=list(rules.territory),
        risk_schema=risk_schema(rules, edition),
        sections=[_section(name, section) for name, section in rules.sections.items()],
        texts={language: texts.model_dump(exclude={"ipid"}) for language, texts in edition.texts.items()},
        ipid={
            language: ipid_seen(edition.product, edition.country, language, ipid_hash(edition.product, edition.country, language, texts))
            for language, texts in edition.texts.items()
        },
    )  # fmt: skip


def _section(name: str, section: Section) -> dict[str, Any]:
    """A section as the product has it. The words of its exclusions stand with the product's texts."""
    return {
        "name": name,
        "per": section.limit.per,
        "layer": section.layer,
        "period": section.period,
        "tax": _tax(section),
        "surcharges": list(section.surcharge),
        "exclusions": list(section.exclusions),
    }


def _tax(section: Section) -> str | dict[str, Any]:
    """A section's tax class, or its class for each choice, its classes with their shares, or the law that exempts it."""
    match section.tax:
        case TaxTable(values=values):
            return dict(values)
        case TaxSplit(split=split):
            return {"split": {tax_class: f"{decimal_text(share, 4)}%" for tax_class, share in split.items()}}
        case TaxExempt(exempt=law):
            return {"exempt": law}
        case str():
            return section.tax


def risk_schema(rules: Edition, edition: LoadedEdition) -> dict[str, Any]:
    """JSON Schema (2020-12) of a product's risk, from its edition."""
    texts = edition.texts_in("en")
    described = texts.inputs if texts else {}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "title": f"Risk of {rules.product}",
        "additionalProperties": False,
        "required": [name for name, rule in rules.inputs.items() if rule.required],
        "properties": {
            name: _described(rule, described.get(name), rules.effective.date()) for name, rule in rules.inputs.items()
        },
    }
    declaring.bound(schema)
    return schema


def _described(rule: Input, words: FieldTexts | None, on: date) -> dict[str, Any]:
    """An input's JSON Schema with its words, and those of a list's fields."""
    schema = rule.json_schema() | ({"title": words.label} if words else {})
    if isinstance(rule, ListOf):
        fields = words.fields if isinstance(words, InputTexts) else {}
        properties = {field: _described(given, fields.get(field), on) for field, given in rule.list_.items()}
        schema["items"] = {**schema["items"], "properties": properties}
    if is_personal(rule):
        told = schema.get("description")
        schema["description"] = f"{told} {PERSONAL}" if told else PERSONAL
    if rule.default is not None:
        schema["default"] = api_value(rule, rule.default, on)
    return schema
