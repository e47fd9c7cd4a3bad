"""A plan being drafted: the names known so far, and where whatever doesn't meet is reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from coverage.rulebook.format import Edition
from coverage.rulebook.language.expressions import Expression, Invalid, Kind, nearest, parse
from coverage.rulebook.language.inputs import Input
from coverage.rulebook.language.notation import MICRO_PER_CENT, Amount, quoted
from coverage.rulebook.language.reading import Document, Finding, Loc, Place
from coverage.rulebook.planning.plan import UNRATED_SORTS, Verdict, always_there, unrated

Report = Callable[[Finding], None]


class Draft:
    """What is known of an edition while it is checked, and what was found wrong."""

    def __init__(self, document: Document, edition: Edition, report: Report, files: Mapping[str, str]) -> None:
        self.document, self.edition, self.report_finding, self.files = document, edition, report, files
        self.kinds: dict[str, Kind] = dict(always_there(edition))
        self.used: set[str] = set()
        self.broken: set[str] = set()  # derived values with faults of their own: what reads them isn't blamed again
        self.verdicts: list[Verdict] = []
        self.orders: list[Place] = []  # where each verdict counts as standing
        self.rows_read = 0  # of the tables' files

    def report(self, loc: Loc, message: str, code: str, *, key: bool = False) -> None:
        self.report_finding(self.document.finding(loc, message, code, key=key))

    def report_at(self, place: Place, message: str, code: str) -> None:
        self.report_finding(Finding(place, message, code))

    def expression(self, loc: Loc, text: str | None) -> Expression | None:
        if text is None:
            return None
        try:
            expression = parse(text, self.kinds)
        except Invalid as error:
            if error.name in self.broken:
                return None
            given = self.edition.inputs.get(error.name)
            message = _not_rated(error.name, given) if given is not None else str(error)
            if error.name in self.edition.derived:
                message = f"{quoted(error.name)} isn't worked out yet here; expected it to stand above what uses it"
            self.report_finding(Finding(self.document.within(loc, error.offset), message, "expression"))
            return None
        self.used |= expression.names()
        return expression

    def condition(self, loc: Loc, text: str | None) -> Expression | None:
        expression = self.expression(loc, text)
        if expression and expression.kind.sort != "yes_no":
            self.report(
                loc, f"{quoted(text)} is {expression.kind}; expected a condition, such as a comparison", "condition"
            )
            return None
        return expression

    def verdict(self, decision: str, code: str, place: Place, order: Place, section: str = "") -> int:
        """Notes a verdict that a risk can meet; answers its number for now (`order` decides the one for good)."""
        self.verdicts.append(Verdict(decision, code, place, section))
        self.orders.append(order)
        return len(self.verdicts) - 1

    def key_kind(self, loc: Loc, key: str) -> Kind | None:
        if key in self.kinds:
            return self.kinds[key]
        given = self.edition.inputs.get(key)
        if given is not None:
            self.report(loc, _not_rated(key, given), "personal")
        elif key not in self.broken:
            self.report(
                loc,
                f"{quoted(key)} is no input and no derived value; expected {nearest(key, self.kinds)}",
                "unknown_name",
            )
        return None

    def choices(self, loc: Loc, by: str, kind: Kind | None, rows: dict[str, object] | dict[str, str]) -> None:
        """Reports choices without a row, and rows without a choice."""
        if kind is None:
            return
        if kind.sort not in ("choice", "yes_no"):
            self.report(loc, f"{quoted(by)} is {kind}; expected an input of choices", "table", key=True)
            return
        options = kind.options or ("yes", "no")
        for label in rows:
            if label not in options:
                self.report(
                    (*loc, label),
                    f"{quoted(label)} is no choice of {by}; expected {nearest(label, options)}",
                    "no_match",
                    key=True,
                )
        missing = [option for option in options if option not in rows]
        if missing:
            self.report(
                loc, f"no row for {', '.join(missing)}; expected a row for each choice of {by}", "gap", key=True
            )

    def document_text(self, loc: Loc) -> str:
        """What is written at `loc`, for a message."""
        found = self.document.plain()
        for step in loc:
            found = found[step] if isinstance(step, int) else found[str(step)]
        return str(found)

    def wrong_currency(self, loc: Loc, found: Amount, *, key: bool = False) -> None:
        self.report(loc, self.currency_words(found), "currency", key=key)

    def currency_words(self, found: Amount) -> str:
        return f"{found}; expected {self.edition.currency}, the edition's currency"

    def cents(self, loc: Loc, found: Amount) -> int:
        if found.currency != self.edition.currency:
            self.wrong_currency(loc, found)
        if found.micros % MICRO_PER_CENT:
            self.report(loc, f"{found}; expected whole cents", "cents")
        return found.micros // MICRO_PER_CENT


def _not_rated(name: str, given: Input) -> str:
    optional = given.optional and given.default is None and not given.personal and given.kind.sort not in UNRATED_SORTS
    wanted = "a default: for it" if optional else "a derived value, such as an age"
    if given.kind.sort == "list":
        wanted = f"a total of it, such as count({name})"
    return f"{quoted(name)} is {unrated(given)}, so nothing may be rated on it; expected {wanted}"
