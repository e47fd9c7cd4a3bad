"""The way to a price as a table in a terminal, in the underwriter's language: each step with its figure, the row that
gave it, the amounts before and after, its line in the file; below it the law of each tax.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table

from coverage.messages import Words
from coverage.rulebook.explaining import Line
from coverage.rulebook.format import HoursIn
from coverage.rulebook.loaded import LoadedEdition

STEPS: Final = {
    "base": "rules.base", "times": "rules.times", "plus": "rules.plus", "minus": "rules.minus",
    "at_least": "rules.at_least", "at_most": "rules.at_most", "round": "rules.round", "decline": "rules.decline",
    "refer": "rules.refer", "unavailable": "rules.unavailable",
}  # fmt: skip
# Under which heading a step stands that isn't a section's own.
GROUPS: Final = {
    "decline": "rules.reasons", "refer": "rules.reasons", "unavailable": "rules.reasons", "surcharge": "rules.surcharges",
    "levy": "rules.taxes", "premium_tax": "rules.taxes", "fee": "rules.fees",
}  # fmt: skip
ABOVE_NET: Final = ("surcharge", "levy", "premium_tax", "fee", "gross")  # what comes once the sections are done
PHRASES: Final = {
    "per hour": "rules.per_hour", "per day": "rules.per_day", "at most": "rules.capped", "flat": "rules.flat",
}  # fmt: skip
CAPPED_DAYS: Final = {
    "first_day": "rules.first_day", "whole_days": "rules.whole_days", "last_day": "rules.last_day",
}  # fmt: skip
_FIGURE: Final = re.compile(
    r"(?P<amount>\d[\d.]*) (?P<currency>[A-Z]{3})\b|(?P<percent>\d[\d.]*)%|(?<![\w.])(?P<number>\d+(?:\.\d+)?)(?![\w.])"
    rf"|\b(?P<phrase>{'|'.join(PHRASES)})\b"
)


def figure_in(words: Words, figure: str) -> str:
    """A figure as the rule file writes it, such as `0.45 EUR per hour, at most 4.50 EUR per day`, in a language."""

    def spoken(match: re.Match[str]) -> str:
        if match["amount"]:
            return words.exact(match["amount"], match["currency"])
        if match["percent"]:
            return words.percent(match["percent"])
        return words.number(match["number"]) if match["number"] else words.text(PHRASES[match["phrase"]])

    return _FIGURE.sub(spoken, figure)


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the table: a heading, a step below one, or a total."""

    kind: str  # heading, step or total
    text: str
    before: str = ""
    after: str = ""
    line: str = ""


# Rich breaks a line at any space, be it one that isn't to be broken, as French has them before € and inside of figures.
# Until lines are broken, signs that no text has stand for them.
_HELD: Final = str.maketrans({"\u00a0": "\ue000", "\u202f": "\ue001"})
_LOOSED: Final = str.maketrans({"\ue000": "\u00a0", "\ue001": "\u202f"})


def _held(text: str) -> str:
    """The text with its spaces held together, before signs that begin no line as well."""
    return re.sub(r" (?=[:;!?€%»](?:\W|$))", "\u00a0", text).translate(_HELD)


@dataclass(frozen=True, slots=True)
class _Unbroken:
    """Something to print whose held spaces are spaces again once its lines are broken."""

    inner: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for text, style, control in console.render(self.inner, options):
            yield Segment(text.translate(_LOOSED), style, control)


class WayToPrice:
    """Tells the way to a price of `edition` in the language of `words`, with the edition's own names where it has any."""

    def __init__(self, words: Words, edition: LoadedEdition) -> None:
        self.words, self.edition = words, edition
        self.texts = edition.texts_in(words.language)
        self.sources: list[str] = []  # what the notes below the table say, the first being number 1

    def print_on(self, console: Console, lines: Sequence[Line]) -> None:
        """Prints the table of `lines`, and the sources that it refers to below it."""
        text = self.words.text
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column(escape(text("rules.lines_of", file=PurePath(self.edition.document.file).name)), ratio=1)
        for heading in ("rules.before", "rules.after"):
            table.add_column(text(heading), justify="right", no_wrap=True)
        table.add_column(text("rules.line"), justify="right", no_wrap=True, style="dim")
        for told in self.told(lines):
            style = "" if told.kind == "step" else "bold"
            shown = Padding(_held(escape(told.text)), (0, 0, 0, 2 if told.kind == "step" else 0))
            table.add_row(shown, told.before, told.after, told.line, style=style)
        console.print(_Unbroken(table))
        if self.sources:
            console.print()
        for number, source in enumerate(self.sources, start=1):
            note = Table.grid(padding=(0, 1))
            note.add_row(f"\\[{number}]", _held(escape(source)))
            console.print(_Unbroken(note), style="dim")

    def told(self, lines: Sequence[Line]) -> Iterator[Told]:
        """The lines of the table. `sources` is filled on the way."""
        heading = ""
        net = next((str(line["before"]) for line in lines if line["step"] == "gross"), None)
        for line in lines:
            if net is not None and line["step"] in ABOVE_NET:
                yield Told("total", self.words.text("rules.net"), after=self._money(net))
                net = None
            found = self._heading(line)
            if found not in ("", heading):
                yield Told("heading", found)
            heading = found
            yield self._step(line)

    def _heading(self, line: Line) -> str:
        step = str(line["step"])
        if step in GROUPS:
            return self.words.text(GROUPS[step])
        if step == "gross":
            return ""
        return self._section(line["section"]) if step in STEPS else self.words.text("rules.contract")

    def _step(self, line: Line) -> Told:
        before, after = (self._money(str(line[key])) if key in line else "" for key in ("before", "after"))
        at = self._at(str(line["at"])) if "at" in line else ""
        match str(line["step"]):
            case "gross":
                return Told("total", self.words.text("rules.gross"), after=after)
            case "levy" | "premium_tax" | "surcharge":
                return Told("step", self._tax(line, before), after=after)
            case "fee":
                return Told("step", str(line["name"]), after=after)
            case "decline" | "refer" | "unavailable":
                return Told("step", self._reason(line), line=at)
            case step if step in STEPS:
                return Told("step", self.words.text(STEPS[step], figure=self._figure(line)), before, after, at)
        return Told("step", self._contract(line), before, after, at)

    # ------------------------------------------------------------------------------------------ words

    def _figure(self, line: Line) -> str:
        """The step's figure with what it was taken of, counted for or read from, and what it was put together from."""
        text = self.words.text
        figure = self._plain_figure(line)
        if "on" in line:
            amount = self._money(str(line["on"]))
            figure = text("rules.share_on", figure=figure, amount=amount, what=self._label(str(line["of"])))
        elif "of" in line:
            names = self.words.list(self._section(name) for name in str(line["of"]).split(", "))
            figure = text("rules.share", figure=figure, what=names)
        if "count" in line:
            unit = "time.hours" if "per hour" in str(line["figure"]) else "time.days"
            figure = text("rules.counted", figure=figure, count=self.words.plural(unit, int(line["count"])))
        if "row" in line:
            file, number = self._place(line)
            where = {"figure": figure, "table": line["table"], "line": number, "row": self._row(line)}
            key = "rules.row_of_file" if file else "rules.row"
            figure = text(key, **where, file=file) if file else text(key, **where)
        elif "by" in line:
            figure = text("rules.table", figure=figure, table=line["table"], by=self._label(str(line["by"])))
        return "\n".join([figure, *(f"  {self._part(line, part)}" for part in line.get("parts", ()))])

    def _plain_figure(self, line: Line) -> str:
        """The figure by itself. A table's is a factor where the step multiplies, and money where it doesn't."""
        figure = str(line.get("figure", ""))
        if "table" in line and figure and not str(line["step"]).endswith("times"):
            return self._money(figure)
        return figure_in(self.words, figure)

    def _part(self, line: Line, part: Line) -> str:
        """What a figure was put together from: so many hours or days at a row's figure, a capped day, a share."""
        text = self.words.text
        amount = self._money(str(part["amount"])) if "amount" in part else ""
        if "section" in part:
            share = figure_in(self.words, str(part["figure"]))
            return text("rules.part_of", figure=share, what=self._section(str(part["section"])), amount=amount)
        if "name" in part:
            return text("rules.told", step=part["name"], words=amount)
        if part["row"] in CAPPED_DAYS:
            unit = "time.days" if part["row"] == "whole_days" else "time.hours"
            return text(CAPPED_DAYS[part["row"]], count=self.words.plural(unit, int(part["count"])), amount=amount)
        by_hour = line["by"] == "term_hours" or isinstance(self.edition.rules.derived.get(line["by"]), HoursIn)
        count = self.words.plural("time.hours" if by_hour else "time.days", int(part["count"]))
        file, number = self._place(part)
        figure = self._plain_figure({**line, **part})
        told = text(
            "rules.part", count=count, figure=figure, row=part["row"], line=f"{file}:{number}" if file else number
        )
        return text("rules.part_amount", part=told, amount=amount) if amount else told

    def _place(self, line: Line) -> tuple[str, str]:
        """The file of a row where it isn't the edition's own, and its line."""
        file, number, _ = str(line["row_at"]).rsplit(":", 2)
        return (PurePath(file).name if file.endswith(".csv") else ""), number

    def _at(self, place: str) -> str:
        """The line where a step stands, with its file where that isn't the edition's own."""
        file, number = self._place({"row_at": place})
        return f"{file}:{number}" if file else number

    def _row(self, line: Line) -> str:
        """The row that was met, by its keys' questions and answers: `Which vehicle is it? Van`."""
        if line["row"] == "otherwise":
            return self.words.text("rules.otherwise")
        keys, labels = str(line["by"]).split(", "), str(line["row"]).split(", ")
        answers = [self._answer(key, label) for key, label in zip(keys, labels, strict=False)]
        return answers[0] if len(answers) == 1 else self.words.text("rules.both", first=answers[0], second=answers[1])

    def _answer(self, key: str, label: str) -> str:
        choices = self.texts.inputs[key].choices if self.texts and key in self.texts.inputs else {}
        yes_no = {"yes": "answer.yes", "no": "answer.no"}
        answer = choices.get(label) or (self.words.text(yes_no[label]) if label in yes_no else label)
        question = self._label(key)
        return f"{question} {answer}" if question.endswith("?") else self.words.text(
            "rules.answer", label=question, answer=answer
        )  # fmt: skip

    def _label(self, name: str) -> str:
        return self.texts.inputs[name].label if self.texts and name in self.texts.inputs else name

    def _section(self, name: str) -> str:
        return self.texts.sections[name].name if self.texts and name in self.texts.sections else name

    def _money(self, amount: str) -> str:
        return self.words.exact(amount, self.edition.rules.currency)

    def _reason(self, line: Line) -> str:
        code = str(line["code"])
        words = self.texts.codes.get(code) if self.texts else None
        step = self.words.text(STEPS[str(line["step"])], section=self._section(str(line.get("section", ""))))
        told = self.words.text("rules.told", step=step, words=code)
        return f"{told}\n{words}" if words else told

    def _contract(self, line: Line) -> str:
        """A step over several sections, told for one of them."""
        text, section, figure = self.words.text, self._section(str(line.get("section", ""))), self._figure(line)
        step = str(line["step"]).removeprefix("contract_")
        if step in ("minimum", "round"):
            key = "rules.minimum" if step == "minimum" else "rules.round_gross"
            return text(key, section=section, figure=self._money(str(line["figure"]).split(" ")[0]))
        told = text(STEPS[step], figure=figure) if step in STEPS else step.replace("_", " ")
        return text("rules.of_section", section=section, step=told)

    def _tax(self, line: Line, base: str) -> str:
        text, figure = self.words.text, figure_in(self.words, str(line["figure"]))
        label = self._tax_label(line)
        if line["figure"] == "flat":
            told = text("rules.told", step=label, words=figure)
        else:
            told = text("rules.taxed", name=label, figure=figure, amount=base)
        if "since" in line:
            told = text("rules.since", told=told, since=line["since"])
        if line["step"] == "surcharge":
            told = text("rules.of_section", section=self._section(str(line["section"])), step=told)
        noted = f"{told} [{self._note(line)}]" if "source" in line else told
        return "\n".join([noted, *(f"  {self._part(line, part)}" for part in line.get("parts", ()))])

    def _tax_label(self, line: Line) -> str:
        """What a tax is called, in its own country's words; of another country with its name."""
        name, country = str(line["name"]), line.get("country")
        taxes = self.edition.abroad.get(str(country)) if country else self.edition.taxes
        label = taxes.labels.get(name, {}).get(self.words.language, name) if taxes else name
        return f"{label} ({self.words.country(str(country))})" if country else label

    def _note(self, line: Line) -> int:
        """The number of the note below the table that cites the law; each is cited once."""
        source = str(line["source"])
        if not line.get("verified", True):
            source = self.words.text("rules.unverified", source=source)
        if source not in self.sources:
            self.sources.append(source)
        return self.sources.index(source) + 1
