"""The shape of a country's taxes: rates, levies, surcharges and legal minimums, dated, each with its source in law."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from coverage.rulebook.format.sections import LimitValueField
from coverage.rulebook.language.notation import AmountField, FlagField, FractionField
from coverage.rulebook.language.shape import COUNTRY, LEVY, DayField, Name, Part, Text


class TaxRow(Part):
    from_: DayField = Field(alias="from", description="The first day on which the rate is in force.")
    rate: FractionField = Field(description='The rate as the law\'s fraction: "0.33", or 33%.')
    on_share: FractionField = Field(
        1_000_000, description="The part of the premium that is taxed; all of it when left out."
    )
    verified: FlagField = Field(True, description="Whether the source was read.")


class FlatRow(Part):
    from_: DayField = Field(alias="from", description="The first day on which the amount is in force.")
    amount: AmountField = Field(description="What each contract owes.")
    verified: FlagField = Field(True, description="Whether the source was read.")


class Levy(Part):
    """A levy on a tax class's premium (`rates`), or flat on each contract (`per_contract`)."""

    name: Annotated[str, Field(pattern=LEVY)] = Field(description="Its name.")
    source: Text = Field(description="The law, cited.")
    on: Name | None = Field(None, description="The tax class whose premium it is taken on.")
    rates: list[TaxRow] = Field(default_factory=list, description="Its rates, each from its day on.")
    per_contract: list[FlatRow] = Field(default_factory=list, description="Its amounts, each from its day on.")
    once_per: Literal["cover", "master_policy"] = Field(
        "cover", description="Whether each cover bears it, or the master policy."
    )
    note: Text | None = Field(None, description="Anything else that is good to know.")

    @model_validator(mode="after")
    def _one(self) -> Levy:
        if bool(self.rates) == bool(self.per_contract) or bool(self.rates) != (self.on is not None):
            raise PydanticCustomError(
                "form",
                "a levy that has neither, or a mixture; expected rates: with on: (their tax class), or per_contract: amounts",
            )
        return self


class Surcharge(Part):
    """A compulsory surcharge on a premium: itself premium, and itself taxed."""

    name: Name = Field(description="Its name.")
    source: Text = Field(description="The law, cited.")
    on: dict[Name, list[TaxRow]] = Field(min_length=1, description="The rate for each kind of premium that bears it.")
    expected_in: list[Name] = Field(
        default_factory=list, description="Tax classes of covers that bear it by law: an edition without it is told so."
    )
    note: Text | None = Field(None, description="Anything else that is good to know.")


class MinimumLimit(Part):
    """The least that the law lets a section of a tax class pay."""

    limits: dict[Name, LimitValueField] = Field(
        min_length=1, description="By the limit's name: an amount, or unlimited."
    )
    source: Text = Field(description="The law, cited.")
    verified: FlagField = Field(True, description="Whether the source was read.")


class TaxFile(Part):
    """A country's premium taxes and levies, dated, each with its source in law."""

    country: Annotated[str, Field(pattern=COUNTRY)] = Field(description="ISO 3166-1 alpha-2, as the file is called.")
    source: Text = Field(description="Where the premium tax stands in law.")
    base: Text | None = Field(None, description="What is taxed, in words.")
    situs: Text | None = Field(None, description="Which risks the country taxes, in words.")
    note: Text | None = Field(None, description="Anything else that is good to know.")
    labels: dict[str, dict[str, Text]] = Field(
        default_factory=dict, description="What people read for a class, levy or surcharge, by language."
    )
    premium_tax: dict[Name, list[TaxRow]] = Field(description="For each class its rates, each from its day on.")
    levies: list[Levy] = Field(default_factory=list, description="Levies on a class, or flat on each contract.")
    surcharges: list[Surcharge] = Field(
        default_factory=list, description="Compulsory surcharges: premium, on kinds of premium that sections name."
    )
    minimum_limits: dict[Name, MinimumLimit] = Field(
        default_factory=dict, description="The least that the law lets a section of a class pay."
    )
