"""The shapes of what stands beside an edition: its worked prices, and the words that people read."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Discriminator, Field, Tag

from coverage.rulebook.language.inputs import ChoiceName
from coverage.rulebook.language.notation import Amount, Misread, Written, amount
from coverage.rulebook.language.shape import LIST, InstantField, Name, Part, Text

EXPECTED: Final = "an amount such as 12.50 EUR, none, or for declined:, referred: and unavailable: a list of codes"


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
    """A price that somebody worked out by hand."""

    name: Text = Field(description="What it shows.")
    start: InstantField = Field(description="When the cover starts, with its offset: 2026-02-07T08:00+01:00.")
    end: InstantField = Field(description="When it ends.")
    asked: InstantField | None = Field(None, description="When it is asked for; a day before the start when left out.")
    given: dict[Name, GivenField] = Field(description="The risk: what is given for each input.")
    expect: dict[Name, ExpectedField] = Field(
        min_length=1,
        description="What must come of it: a section's net premium or `none`; `net`, `taxes`, `surcharges`, `fees`, "
        "`gross`; `declined`, `referred` or `unavailable` with their codes.",
    )


class ExampleFile(Part):
    """The worked prices beside an edition: a list at the file's top."""

    examples: list[Example] = Field(alias=LIST, min_length=1, description="The worked prices.")


class ProductTexts(Part):
    name: Text = Field(description="What the product is called.")
    summary: Text = Field(description="What it covers, in a sentence.")
    need: Text = Field(description="The need that it answers (Directive (EU) 2016/97 art. 20(1)).")
    target_market: Text = Field(description="For whom it is made (Directive (EU) 2016/97 art. 25).")


class FieldTexts(Part):
    label: Text = Field(description="The question, as a form asks it.")
    choices: dict[str, Text] = Field(default_factory=dict, description="The words for each choice.")


class InputTexts(FieldTexts):
    fields: dict[Name, FieldTexts] = Field(default_factory=dict, description="Of a list: the words of each field.")


class SectionTexts(Part):
    name: Text = Field(description="What the section is called.")
    summary: Text = Field(description="What it covers, in a sentence.")


class Ipid(Part):
    """The product information document's answers, in the order of Regulation (EU) 2017/1469, annex."""

    type_of_insurance: Text = Field(description="What is this type of insurance?")
    insured: list[Text] = Field(min_length=1, description="What is insured?")
    not_insured: list[Text] = Field(min_length=1, description="What is not insured?")
    restrictions: list[Text] = Field(min_length=1, description="Are there any restrictions on cover?")
    where: list[Text] = Field(min_length=1, description="Where am I covered?")
    obligations: list[Text] = Field(min_length=1, description="What are my obligations?")
    payment: Text = Field(description="When and how do I pay?")
    start_and_end: Text = Field(description="When does the cover start and end?")
    cancellation: Text = Field(description="How do I cancel the contract?")


class Texts(Part):
    """What people read of a product, in one language."""

    product: ProductTexts = Field(description="The product's own words.")
    object: Text | None = Field(None, description="What the thing that is covered is called.")
    inputs: dict[Name, InputTexts] = Field(default_factory=dict, description="The words of each input.")
    sections: dict[Name, SectionTexts] = Field(default_factory=dict, description="The words of each section.")
    limits: dict[Name, Text] = Field(
        default_factory=dict, description="The words of limits and sublimits that have names."
    )
    codes: dict[Name, Text] = Field(
        default_factory=dict,
        description="What people read for each code that declines, refers or tells what can't be had.",
    )
    exclusions: dict[Name, Text] = Field(default_factory=dict, description="The words of each exclusion.")
    ipid: Ipid = Field(description="The product information document's answers.")
