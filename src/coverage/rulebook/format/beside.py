"""The shapes of what stands beside an edition: its worked prices, and the words that people read."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Discriminator, Field, Tag

from coverage.rulebook.inputs import ChoiceName
from coverage.rulebook.notation import Amount, Misread, Written, amount
from coverage.rulebook.shape import LIST, InstantField, Name, Part, Text

EXPECTED: Final = "an amount such as 12.50 EUR, none, or for declined: and referred: a list of codes"


def _expected(text: str) -> Amount | None:
    """What a section should cost; None where it should not be covered."""
    try:
        return None if text == "none" else amount(text)
    except Misread as error:
        raise Misread(error.found, EXPECTED) from None


ExpectedField = Annotated[
    Annotated[Amount | None, Written(_expected, EXPECTED), Tag("@amount")]
    | Annotated[list[ChoiceName], Field(min_length=1), Tag("@codes")],
    Discriminator(lambda value: "@codes" if isinstance(value, list) else "@amount"),
]
# A risk as worked prices write it: text for each input, and for a list of things a list of such entries.
GivenField = Annotated[
    Annotated[str, Tag("@text")] | Annotated[list[dict[Name, str]], Tag("@list")],
    Discriminator(lambda value: "@list" if isinstance(value, list) else "@text"),
]


class Example(Part):
    name: Text
    start: InstantField
    end: InstantField
    asked: InstantField | None = None
    given: dict[Name, GivenField]
    expect: dict[Name, ExpectedField] = Field(min_length=1)


class ExampleFile(Part):
    """The worked prices beside an edition: a list at the file's top."""

    examples: list[Example] = Field(alias=LIST, min_length=1)


class ProductTexts(Part):
    name: Text
    summary: Text
    need: Text
    target_market: Text


class FieldTexts(Part):
    label: Text
    choices: dict[str, Text] = Field(default_factory=dict)


class InputTexts(FieldTexts):
    fields: dict[Name, FieldTexts] = Field(default_factory=dict, description="Of a list: the words of each field.")


class SectionTexts(Part):
    name: Text
    summary: Text


class Ipid(Part):
    """The product information document's answers, in the order of Regulation (EU) 2017/1469, annex."""

    type_of_insurance: Text
    insured: list[Text] = Field(min_length=1)
    not_insured: list[Text] = Field(min_length=1)
    restrictions: list[Text] = Field(min_length=1)
    where: list[Text] = Field(min_length=1)
    obligations: list[Text] = Field(min_length=1)
    payment: Text
    start_and_end: Text
    cancellation: Text


class Texts(Part):
    """What people read of a product, in one language."""

    product: ProductTexts
    object: Text | None = None
    inputs: dict[Name, InputTexts] = Field(default_factory=dict)
    sections: dict[Name, SectionTexts] = Field(default_factory=dict)
    limits: dict[Name, Text] = Field(default_factory=dict)
    codes: dict[Name, Text] = Field(default_factory=dict)
    exclusions: dict[Name, Text] = Field(default_factory=dict)
    ipid: Ipid
