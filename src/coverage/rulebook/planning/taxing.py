"""How the sections of an edition are taxed: the classes that each can fall in, and whose country's they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from coverage.rulebook.format import Edition, Section, SitusTable, TaxExempt, TaxSplit, TaxTable
from coverage.rulebook.language.notation import RATE_ONE
from coverage.rulebook.language.reading import Loc
from coverage.rulebook.planning.drafting import Draft
from coverage.rulebook.planning.plan import PlannedTax, Taxed

EXEMPT = "exempt"  # the class of what no tax is due on, by a law that the edition cites


def abroad(country: str, name: str, home: str) -> str:
    """A tax class or kind of premium as an edition of `home` calls it: "DE:household_contents"."""
    return name if country == home else f"{country}:{name}"


def split_name(name: str, home: str) -> tuple[str, str]:
    """The country and the name in its own file: the other way round."""
    country, colon, rest = name.rpartition(":")
    return (country if colon else home), rest


def exemptions(edition: Edition) -> str:
    """The laws that the edition cites for its exempt sections."""
    cited = [section.tax.exempt for section in edition.sections.values() if isinstance(section.tax, TaxExempt)]
    return "; ".join(dict.fromkeys(cited))


@dataclass(frozen=True, slots=True)
class Decided:
    """A word that a choice decides: `keys` holds the input that is asked, or nothing."""

    keys: tuple[str, ...]
    words: dict[tuple[str | bool, ...], str]

    def at(self, facts: Mapping[str, str | bool]) -> str | None:
        return self.words.get(tuple(facts[key] for key in self.keys))


def planned_tax(draft: Draft, loc: Loc, section: Section) -> PlannedTax:
    """The ways in which a section can be taxed, by the choices that decide it. Faults are reported."""
    home = draft.edition.country
    classes = _decided(draft, (*loc, "tax"), section.tax)
    countries = _decided(draft, (*loc, "situs"), section.situs or home)
    keys = tuple(dict.fromkeys(classes.keys + countries.keys))
    ways: dict[tuple[str | bool, ...], Taxed] = {}
    for choices in product(*(_choices(draft, key) for key in keys)):
        facts = dict(zip(keys, choices, strict=True))
        found, country = classes.at(facts), countries.at(facts)
        if found is not None and country is not None:
            shares = _shares(section, found)
            ways[choices] = Taxed(
                tuple((name if name == EXEMPT else abroad(country, name, home), share) for name, share in shares),
                tuple((name, abroad(country, kind, home)) for name, kind in section.surcharge.items()),
            )
    return PlannedTax(keys, ways)


def _shares(section: Section, found: str) -> tuple[tuple[str, int], ...]:
    match section.tax:
        case TaxSplit(split=split):
            return tuple(split.items())
        case TaxExempt():
            return ((EXEMPT, RATE_ONE),)
    return ((found, RATE_ONE),)


def _decided(draft: Draft, loc: Loc, written: object) -> Decided:
    if not isinstance(written, TaxTable | SitusTable):
        return Decided((), {(): written if isinstance(written, str) else ""})
    draft.used.add(written.by)
    kind = draft.key_kind((*loc, "by"), written.by)
    draft.choices((*loc, "values"), written.by, kind, written.values)
    yes_no = kind is not None and kind.sort == "yes_no"
    return Decided(
        (written.by,), {(label == "yes" if yes_no else label,): name for label, name in written.values.items()}
    )


def _choices(draft: Draft, key: str) -> tuple[str | bool, ...]:
    kind = draft.kinds.get(key)
    if kind is None or kind.sort not in ("choice", "yes_no"):
        return ()
    return kind.options or (True, False)
