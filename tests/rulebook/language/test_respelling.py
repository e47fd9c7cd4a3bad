"""What people write otherwise is refused with how it would be right, at its place."""

from __future__ import annotations

import pytest

from coverage.rulebook.language.notation import Misread, amount, amounts, band, cell, factor, percent, quantity, read
from tests.rulebook.made_rules import MADE, MADE_EXAMPLES, Case, Expected, made, said_of
from tests.rulebook.rule_files import RuleFolder

WIDE = "\u00a0"  # the space that French puts inside of figures, and before its signs
NARROW = "\u202f"
REFER = "refer: seats > 7"
SAME_KIND = "expected two of the same kind: numbers with numbers, money with money of one currency, choices in quotes"


def referred(condition: str, *expected: tuple[str, str]) -> Case:
    return (MADE, REFER, f"refer: {condition}", [(anchor, words) for anchor, words in expected])


# fmt: off
FIGURES: list[Case] = [
    (MADE, '- times: ages', '- times: 1,25', [('1,25', '"1,25"; expected 1.25')]),
    (MADE, '18-24: 1.4000', '18-24: "1,4000"', [('"1,4', '"1,4000"; expected 1.4000')]),
    (MADE, '18-24: 1.4000', '18-24: 140%', [('140%', '"140%"; expected 1.4000')]),
    (MADE, 'property: 2000000 EUR', f'property: 2{WIDE}000{NARROW}000 EUR', [('2', f'"2{WIDE}000{NARROW}000 EUR"; expected 2000000 EUR')]),
    (MADE, 'property: 2000000 EUR', "property: €2'000'000.00", [('€2', '"€2\'000\'000.00"; expected 2000000.00 EUR')]),
    (MADE, 'property: 2000000 EUR', 'property: 2.000.000 EUR', [('2.', '"2.000.000 EUR"; expected 2000000 EUR')]),
    (MADE, 'property: 2000000 EUR', f'property: 2000000{WIDE}EUR', [('2000', f'"2000000{WIDE}EUR" has a space that isn\'t the plain one; expected 2000000 EUR')]),
    (MADE, '100 EUR..20000 EUR', 'EUR 100 - EUR 20 000', [('EUR 100', '"EUR 100 - EUR 20 000"; expected 100 EUR..20000 EUR')]),
    (MADE, 'seats:    {integer: 1..9}', 'seats:    {integer: 1-9}', [('1-9', '"1-9"; expected 1..9')]),
    (MADE, 'base: 0.40 EUR per hour, at most 4 EUR per day', 'base: 0,40 €/h at most 4 € per day', [('0,40', '"0,40 €/h at most 4 € per day"; expected 0.40 EUR per hour, at most 4 EUR per day')]),
    (MADE, 'base: 0.0500% of value per day', 'base: 0,05 % of value per day', [('0,05', '"0,05 % of value per day"; expected 0.05 % of value per day')]),
    (MADE, '- times: pairs', '- times: 125%', [('125', '"125%" is a share of nothing; expected 1.2500 to multiply by, or 125% of a money input or of sections')]),
    (MADE, '10% of [goods]', '10% of goods', [('10%', '"goods" is a section; expected 10% of [goods]')]),
    (MADE_EXAMPLES, 'goods: 0.10 EUR', 'goods: €0.10', [('€0', '"€0.10"; expected 0.10 EUR')]),
    # Inside of braces a comma parts a figure, and a bracket begins a list.
    (MADE, '18-24: 1.4000', '18-24: 1,4000', [('1,4', 'a comma parts "1,4000" in two inside of braces; expected 1.4000')]),
    (MADE, '{small: 1.0000, large: 0.9500}', '{small: 1,05, large: 0,05}', [('1,05', 'a comma parts "1,05" in two inside of braces; expected 1.05'), ('0,05', 'a comma parts "0,05" in two inside of braces; expected 0.05')]),
    (MADE, '{decimal: 0.5..3.5', '{decimal: 0,5..3,5', [('0,5', 'a comma parts "0,5..3,5" in two inside of braces; expected 0.5..3.5')]),
    (MADE_EXAMPLES, 'goods: 0.10 EUR', 'goods: 0,10 EUR', [('0,10', 'a comma parts "0,10 EUR" in two inside of braces; expected 0.10 EUR')]),
    (MADE, '- base: 10% of [goods]', '- {base: 10% of [goods, damage]}', [('[goods, damage', '10% of [goods, damage] inside of braces; expected it in quotes: "10% of [goods, damage]"')]),
]
TAXES: list[Case] = [
    (MADE, '    tax: motor_compulsory', f'    tax: {found}', [(found, f'"{found.strip(chr(34))}"; expected a class of the country\'s tax file, where its rates stand: small letters')])
    for found in ('TSCA', '9%', '"0.09"')
]
CONDITIONS: list[Case] = [
    referred('size = small', (' small', '"size = small"; expected size == "small"')),
    referred('size == small', ('small', '"size == small"; expected size == "small"')),
    referred('size == smal', ('size', '"smal" is no choice of size; expected perhaps "small"')),
    referred('size in [small, large]', ('small', '"size in [small, large]"; expected size in ["small", "large"]')),
    referred('size == “small”', ('“', '"size == “small”"; expected size == "small"')),
    referred(f'size == «{WIDE}small{WIDE}»', ('«', f'"size == «{WIDE}small{WIDE}»"; expected size == "small"')),
    referred('size is not small', ('is', '"size is not small"; expected size != "small"')),
    referred('seats => 7', ('=>', '"seats => 7"; expected seats >= 7')),
    referred('seats ≥ 7 AND trailer = yes', ('≥', '"seats ≥ 7 AND trailer = yes"; expected seats >= 7 and trailer')),
    referred('trailer == no', ('trailer', '"trailer == no"; expected not trailer')),
    referred('bonus > 1,5', (',5', '"bonus > 1,5"; expected bonus > 1.5')),
    referred('seats > 7,5', ('seats', f'"seats > 7.5" compares a whole number with a decimal; {SAME_KIND}')),
    referred('value > €10 000', ('€', '"value > €10 000"; expected value > 10000 EUR')),
    referred('value > 10000', ('value', '"value > 10000" compares money in EUR with a whole number; expected a currency beside it: 10000 EUR')),
    referred('seat > 7 and trailer = yes', ('seat ', '"seat" is no input and no derived value; expected perhaps "seats"')),
]
KEPT: list[Case] = [
    (MADE, '  total:    sum', '  class:    seats + 1\n  total:    sum', [('class', '"class" is a word that conditions keep for themselves; expected another name'), ]),
    (MADE, '  seats:    {integer', '  from:     {integer: 1..4}\n  seats:    {integer', [('from', '"from" is a word that conditions keep for themselves; expected another name')]),
    (MADE, 'years: {integer: 0..30, default: 0}', 'years: {integer: 0..30, default: 0}, if: {integer: 1..2, default: 1}', [('if', '"if" is a word that conditions keep for themselves; expected another name')]),
]
EXAMPLES: list[Case] = [
    (MADE_EXAMPLES, 'seats: 4', 'seats: 4, seat: 5', [('seat: 5', '"seat" is no input; expected perhaps "seats"')]),
    (MADE_EXAMPLES, 'worth: 100 EUR', 'worth: 100 EUR, wort: 1', [('wort: 1', '"wort" is nothing asked for; expected perhaps "worth"')]),
    (MADE_EXAMPLES, 'end: 2026-02-07T12:00+01:00', 'end: 2026-02-07T08:00+01:00', [('2026', "this isn't after the start; expected a later moment")]),
    (MADE_EXAMPLES, 'start: 2026-02-07T08:00+01:00', 'start: 2026-01-01T12:00+01:00', [('2026', 'warning: it is asked for before the edition takes effect, at 2026-01-01T00:00; expected a later day')]),
    (MADE_EXAMPLES, 'start: 2026-02-07T08:00+01:00', 'start: 2026-02-07T08:00+01:00\n  asked: 2025-12-31T23:59+01:00', [('2025', 'warning: it is asked for before the edition takes effect, at 2026-01-01T00:00; expected a later day')]),
    (MADE_EXAMPLES, 'start: 2026-02-07T08:00+01:00', 'start: 2026-01-02T00:00+01:00', []),
]
# fmt: on


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RuleFolder:
    return made(tmp_path_factory.mktemp("made"))


class TestRespelling:
    @pytest.mark.parametrize(
        ("file", "old", "new", "expected"),
        FIGURES + TAXES + CONDITIONS + KEPT + EXAMPLES,
        ids=lambda given: str(given)[:40],
    )
    def test_is_told_at_its_place(
        self, folder: RuleFolder, file: str, old: str, new: str, expected: list[Expected]
    ) -> None:
        said, wanted = said_of(folder, file, old, new, expected)
        assert said == wanted

    def test_of_covers_that_begin_the_start_counts(self, folder: RuleFolder) -> None:
        before = folder.text(MADE)
        folder.write(
            MADE, before.replace("effective: 2026-01-01T00:00", "effective: 2026-01-01T00:00\napplies_to: starts")
        )
        try:
            said, wanted = said_of(
                folder, MADE_EXAMPLES, "start: 2026-02-07T08:00+01:00", "start: 2025-12-31T08:00+01:00",
                [("2025", "warning: it starts before the edition takes effect, at 2026-01-01T00:00; expected a later day")],
            )  # fmt: skip
            assert said == wanted
            assert (
                said_of(folder, MADE_EXAMPLES, "start: 2026-02-07T08:00+01:00", "start: 2026-01-01T08:00+01:00", [])[0]
                == []
            )
        finally:
            folder.write(MADE, before)

    @pytest.mark.parametrize(
        ("text", "notation", "right"),
        [
            ("1,250", factor, "1.250"),
            ("1,250 EUR", amount, "1250 EUR or 1.250 EUR"),
            ("0,125 EUR", amount, "0.125 EUR"),
            ("1.234.567,89 EUR", amount, "1234567.89 EUR"),
            ("12 euros", amount, "12 EUR"),
            ("£5..£10", amounts, "5 GBP..10 GBP"),
            ("18–24", band, "18-24"),
            ("−10%", cell, "0.9000"),
            ("12,5 %", percent, "12.5 %"),
            ("$3 a day", quantity, "3 USD per day"),
        ],
    )  # fmt: skip
    def test_says_how_it_would_be_right(self, text: str, notation: object, right: str) -> None:
        with pytest.raises(Misread) as refused:
            read(text, notation)  # type: ignore[arg-type]
        assert refused.value.expected == right

    @pytest.mark.parametrize(("text", "notation"), [("x", factor), ("1,2,3", factor), ("24-18", band), ("EUR", amount)])
    def test_makes_nothing_up(self, text: str, notation: object) -> None:
        with pytest.raises(Misread) as refused:
            read(text, notation)  # type: ignore[arg-type]
        assert " such as " in refused.value.expected
