"""Worked prices: what they say, and that a wrong figure in an edition makes one of them fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from coverage.rulebook.authoring.examples import Tried, try_all
from tests.rulebook.rule_files import GOODS, GOODS_EXAMPLES, VEHICLE, VEHICLE_EXAMPLES, RuleFolder, copied

# Figures that no worked price can catch, each with the reason: (how its line begins, the figure or "" for all on the
# line, the step or 0 for both ways, why).
UNCAUGHT = [
    ("quote:", "", 0, "how long a quote binds is no price"),
    ("limit:", "", 0, "what a section pays is no price"),
    ("sublimits:", "", 0, "what a section pays is no price"),
    ("deductible:", "", 0, "what the insured bears is no price"),
    ("- {key: policyholder", "", 0, "several covers of one member, not a price"),
    ("- {until: start", "100", -1, "what is given back is no price"),
    ("withdrawal:", "", 0, "the law of withdrawal is no price"),
    ("goods_description:", "", 0, "how long a text may be; that there is one is tried, not its ends"),
    ("registration:", "4", -1, "a shorter registration can't be shown to be refused by an example"),
    ("registration:", "12", 1, "a longer registration can't be shown to be refused by an example"),
    ("term:", "7", 1, "that a longer cover is refused can't be said in an example"),
    ("term:", "3", 1, "that a longer cover is refused can't be said in an example"),
    ("term:", "90", 1, "that an earlier booking is refused can't be said in an example"),
    ("term:", "60", 1, "that an earlier booking is refused can't be said in an example"),
    ("claims_3y:", "20", 1, "that a larger answer is refused can't be said in an example"),
    ("claims_3y:", "0", 1, "no claim and one claim cost the same"),
    ("goods_value:", "10000", 1, "that a larger value is refused can't be said in an example"),
    ("worth:", "50", -1, "below the least value that can be given"),
    ("journey:", "1", -1, "below the shortest way that can be given"),
    ("journey:", "3000", 1, "above the longest way that can be given"),
]  # fmt: skip

# Too small a step to reach the next half cent from any hours, class and excess; a larger step is caught.
COARSER = [("- base: 0.6000 EUR per hour", ("0.6000", 1))]

FIGURE = re.compile(r"(?<!\w)(?<!\d\.)\d+(?:\.\d+)?")


def figures(text: str) -> Iterator[tuple[str, int, str]]:
    """Every figure of an edition but its days and comments: its line, where it stands, how it is written."""
    offset = 0
    for line in text.split("\n"):
        code = line.partition("#")[0].partition("exemption:")[0]
        if not code.startswith("effective:"):
            for match in FIGURE.finditer(code):
                if not re.search(r"[A-Za-z]\d*-$", code[: match.start()]) and not re.search(
                    r"L\d+-\d+-$", code[: match.start()]
                ):
                    yield line.strip(), offset + match.start(), match[0]
        offset += len(line) + 1


def stepped(figure: str, step: int, place: int | None = None) -> str | None:
    """The figure with its last written digit, or the digit at a significant place, one more or less."""
    places = len(figure.partition(".")[2])
    whole = int(figure.replace(".", ""))
    if place is not None:
        step *= 10 ** max(len(str(whole)) - place, 0)
    if whole + step < 0:
        return None
    digits = str(whole + step).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def caught(folder: RuleFolder) -> bool:
    """Whether the checker refuses the folder's edition, or a worked price of it fails."""
    library = folder.load()
    return bool(library.faults) or any(not tried.passed for tried in try_all(library.editions[0]))


def excused(line: str, figure: str, step: int) -> tuple[str, str, int, str] | None:
    for row in UNCAUGHT:
        if line.startswith(row[0]) and row[1] in ("", figure) and row[2] in (0, step):
            return row
    return None


class TestWrongFigures:
    def test_every_figure_that_rates_is_caught_by_the_checker_or_a_worked_price(self, tmp_path: Path) -> None:
        tried, survived, used = 0, [], set()
        for file in (VEHICLE, GOODS):
            folder = copied(tmp_path / file.split("/")[1], file.split("/")[1])
            for texts in folder.path.rglob("texts.*.yaml"):
                texts.unlink()  # what people read rates nothing; without it the many loads are quick
            text = folder.text(file)
            for line, at, figure in figures(text):
                for step in (1, -1):
                    changed = stepped(figure, step)
                    if changed is None:
                        continue
                    folder.write(file, text[:at] + changed + text[at + len(figure) :])
                    tried += 1
                    if caught(folder):
                        continue
                    row = excused(line, figure, step)
                    if row is not None:
                        used.add(row)
                    elif any(line.startswith(start) and (figure, step) == one for start, one in COARSER):
                        coarse = stepped(figure, step, place=3)
                        folder.write(file, text[:at] + str(coarse) + text[at + len(figure) :])
                        assert caught(folder), (line, figure, coarse)
                    else:
                        survived.append((line, figure, changed))
        print(f"{tried} wrong figures tried")  # noqa: T201
        assert survived == []
        assert tried > 200
        assert [row[:3] for row in UNCAUGHT if row not in used] == []

    @pytest.mark.parametrize(
        ("figure", "step", "place", "expected"),
        [
            ("0.6000", 1, None, "0.6001"), ("0.6000", -1, None, "0.5999"), ("0.6000", 1, 3, "0.6010"),
            ("9", 1, None, "10"), ("1.00", -1, None, "0.99"), ("0", -1, None, None), ("100000", 1, 3, "101000"),
        ],
    )  # fmt: skip
    def test_the_step_is_the_last_written_digit(
        self, figure: str, step: int, place: int | None, expected: str | None
    ) -> None:
        assert stepped(figure, step, place) == expected


class TestExpect:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> RuleFolder:
        return copied(tmp_path, "off_duty_vehicle")

    def first(self, folder: RuleFolder) -> Tried:
        return next(iter(try_all(folder.load().editions[0])))

    @pytest.mark.parametrize(
        ("new", "difference"),
        [
            ("goods_carried: 12.00 EUR", None),
            ("goods_carried: 12.01 EUR", ("goods_carried", "12.01 EUR", "12.00 EUR")),
            ("goods_carried: none", ("goods_carried", "none", "12.00 EUR")),
            ("fees: 0.00 EUR", None),
            ("fees: 1.00 EUR", ("fees", "1.00 EUR", "0.00 EUR")),
            ("referred: [claims_history]", ("referred", "claims_history", "no")),
        ],
    )
    def test_compares_what_it_names(self, folder: RuleFolder, new: str, difference: tuple[str, ...] | None) -> None:
        text = folder.text(VEHICLE_EXAMPLES)
        folder.write(VEHICLE_EXAMPLES, text.replace("goods_carried: 12.00 EUR", new, 1))
        differences = [(d.what, d.expected, d.got) for d in self.first(folder).differences]
        assert differences == ([difference] if difference else [])

    @pytest.mark.parametrize(
        ("value", "expected", "passes"),
        [
            ("0.01 EUR", "0.00 EUR", True),
            ("0.01 EUR", "none", False),
            ("0 EUR", "none", True),
            ("0 EUR", "0.00 EUR", False),
        ],
    )
    def test_tells_a_section_at_nothing_from_one_that_is_not_covered(
        self, folder: RuleFolder, value: str, expected: str, passes: bool
    ) -> None:
        text = folder.text(VEHICLE_EXAMPLES).replace("goods_value: 8000 EUR", f"goods_value: {value}", 1)
        text = re.sub(r"expect: \{[^}]*\}", f"expect: {{goods_carried: {expected}}}", text, count=1)
        folder.write(VEHICLE_EXAMPLES, text)
        assert self.first(folder).passed is passes

    def test_a_failing_example_tells_the_whole_way_to_the_price(self, folder: RuleFolder) -> None:
        folder.replace(VEHICLE, "- base: 0.1500% of goods_value per day", "- base: 0.2500% of goods_value per day")
        tried = self.first(folder)
        assert [(d.what, d.expected, d.got) for d in tried.differences] == [
            ("goods_carried", "12.00 EUR", "20.00 EUR"),
            ("net", "25.79 EUR", "33.79 EUR"),
            ("taxes", "4.45 EUR", "5.17 EUR"),
            ("gross", "30.24 EUR", "38.96 EUR"),
        ]
        assert tried.explanation[-1] == {"step": "gross", "before": "33.79", "after": "38.96"}

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("goods_value: 8000 EUR", "goods_value: 8000", '"8000" has no currency; expected one beside it, such as 8000 EUR'),
            ("vehicle_class: van, registration: AB-123-CD, driver_born: 1990-05-01, licence_since: 2010-06-01, goods_value: 8000",
             "vehicle_class: vam, registration: AB-123-CD, driver_born: 1990-05-01, licence_since: 2010-06-01, goods_value: 8000",
             '"vam"; expected perhaps "van"'),
            ("asked: 2026-02-06T18:00", "asked: 2025-02-06T18:00", "a start more than 90d ahead; expected a nearer one"),
        ],
    )  # fmt: skip
    def test_a_risk_that_cannot_be_rated_fails_and_says_why(
        self, folder: RuleFolder, old: str, new: str, words: str
    ) -> None:
        folder.replace(VEHICLE_EXAMPLES, old, new)
        tried = self.first(folder)
        assert not tried.passed
        assert words in tried.differences[0].got

    def test_the_projects_own_worked_prices_agree(self, tmp_path: Path) -> None:
        for file, examples in ((VEHICLE, VEHICLE_EXAMPLES), (GOODS, GOODS_EXAMPLES)):
            product = file.split("/")[1]
            folder = copied(tmp_path / product, product)
            tried = list(try_all(folder.load().editions[0]))
            assert len(tried) == folder.text(examples).count("\n- name:")
            assert [one.name for one in tried if not one.passed] == []
