"""The shape of the files that underwriters write: an edition, its taxes, its worked prices and its texts.

Shape only: whether names meet, tables close and figures fit is `checking`'s matter. Every fault of shape in a file
is found in one pass, and said with its place.
"""

from __future__ import annotations

from coverage.rulebook.format.beside import Example, ExampleFile, FieldTexts, InputTexts, Ipid, SectionTexts, Texts
from coverage.rulebook.format.derived import HoursIn, Prefix, Season, SeasonRule, Table, TimeOfDay, YearsFrom
from coverage.rulebook.format.edition import (
    ROLES,
    Changes,
    ContractStep,
    Edition,
    Fee,
    GrossRounding,
    NetMinimum,
    Refund,
    RefundTier,
    Rule,
)
from coverage.rulebook.format.sections import (
    DeductibleTable,
    FixedDeductible,
    Limit,
    LimitTable,
    Section,
    ShareDeductible,
    SitusTable,
    Step,
    TaxExempt,
    TaxSplit,
    TaxTable,
)
from coverage.rulebook.format.taxes import FlatRow, Levy, MinimumLimit, Surcharge, TaxFile, TaxRow

__all__ = [
    "ROLES", "Changes", "ContractStep", "DeductibleTable", "Edition", "Example", "ExampleFile", "Fee", "FieldTexts",
    "FixedDeductible", "FlatRow", "GrossRounding", "HoursIn", "InputTexts", "Ipid", "Levy", "Limit", "LimitTable",
    "MinimumLimit", "NetMinimum", "Prefix", "Refund", "RefundTier", "Rule", "Season", "SeasonRule", "Section",
    "SectionTexts", "ShareDeductible", "SitusTable", "Step", "Surcharge", "Table", "TaxExempt", "TaxFile", "TaxRow",
    "TaxSplit", "TaxTable", "Texts", "TimeOfDay", "YearsFrom",
]  # fmt: skip
