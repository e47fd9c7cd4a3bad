"""What nothing uses, steep steps between neighbours, words that are missing or left over, and factors that are forbidden."""

from __future__ import annotations

import pytest

from tests.rulebook.made_rules import MADE, MADE_ENGLISH, MADE_EXAMPLES, Case, Expected, made, said_of
from tests.rulebook.rule_files import RuleFolder

SEX = "asks for a person's sex, and Directive 2004/113/EC art. 5 forbids rating on sex; expected no such input"


def lacks(key: str) -> list[Expected]:
    """What is said where both languages lack a key; its place is filled in by the case."""
    return [("", f"warning: texts.{language}.yaml has no {key}; expected its words") for language in ("en", "fr")]


def at(anchor: str, expected: list[Expected]) -> list[Expected]:
    return [(anchor, words) for _, words, *_ in expected]


# fmt: off
UNUSED: list[Case] = [
    (MADE, '  seats:    {integer', '  doors:    {integer: 1..5}\n  seats:    {integer', [('doors', 'nothing uses the input "doors"; expected a rule that does, or no input'), *at('doors', lacks('inputs: doors'))]),
    (MADE, '  seats:    {integer', '  others:   {list: {a: {integer: 1..5}}, max: 3}\n  seats:    {integer', [('others', 'nothing uses the input "others"; expected a rule that does, or no input'), *at('others', lacks('inputs: others'))]),
    # Free text describes a thing to people; it needs no rule.
    (MADE, '  seats:    {integer', '  colour:   {text: "[a-z]{1,9}"}\n  seats:    {integer', at('colour', lacks('inputs: colour'))),
    (MADE, '  total:    sum', '  half:     seats // 2\n  total:    sum', [('half', 'nothing uses the derived value "half"; expected a rule that does, or none')]),
    (MADE, '  total:    sum', '  days_of:  {season: {dates: {high: 01-01..06-30}, otherwise: low, by: each_day}}\n  total:    sum', [('days_of', 'nothing uses the derived value "days_of"; expected a rule that does, or none')]),
    (MADE, '  season:  {by', '  spare:   {by: size, values: {small: 1.0000, large: 1.0000}}\n  season:  {by', [('spare', 'no step uses the table "spare"; expected one, or no table')]),
    (MADE, '- {times: many, over: [liability, damage]}', '- times: 0.9000', [('^many:', 'no step uses the table "many"; expected one, or no table')]),
]
JUMPS: list[Case] = [
    (MADE, '18-24: 1.4000', '18-24: 1.5000', []),
    (MADE, '18-24: 1.4000', '18-24: 1.5001', [('1.0000}', 'warning: a step of over 50 % from 18-24 to 25-99; expected a gentler one, or a good reason')]),
    (MADE, '{18-24: 1.4000, 25-99: 1.0000}', '{25-99: 1.0000, 18-24: 1.6000}', [('1.0000,', 'warning: a step of over 50 % from 18-24 to 25-99; expected a gentler one, or a good reason')]),
    # What doesn't price lies between neighbours.
    (MADE, '{18-24: 1.4000, 25-99: 1.0000}', '{18-20: 1.6000, 21-24: refer(many_seats), 25-99: 1.0000}', [('1.0000}', 'warning: a step of over 50 % from 18-20 to 25-99; expected a gentler one, or a good reason')]),
    (MADE, '1.75: 1.3000', '1.75: 1.6000', [('1.6000', 'warning: a step of over 50 % from 1 to 1.75; expected a gentler one, or a good reason')]),
    # Of two keys each row of the other: what is beside in a list of choices is no neighbour.
    (MADE, 'small: {1-4: 1.0000, 5-9: 1.2000}', 'small: {1-4: 1.0000, 5-9: 1.6000}', [('1.6000', 'warning: a step of over 50 % from small / 1-4 to small / 5-9; expected a gentler one, or a good reason')]),
    (MADE, 'small: {1-4: 1.0000, 5-9: 1.2000}', 'small: {1-4: 3.0000, 5-9: 3.2000}', []),
]
SLIPS: list[Case] = [
    (MADE, 'many:    {by: size, values: {small: 1.0000, large: 0.9500}}', 'many:    {by: size, values: {small: 1.0000, large: 0.2499}}', [('0.2499', 'warning: a factor of 0.2499 beside others of 1 and more; expected 0.25 or more, or a good reason')]),
    (MADE, 'many:    {by: size, values: {small: 1.0000, large: 0.9500}}', 'many:    {by: size, values: {small: 1.0000, large: 0.2500}}', []),
    (MADE, 'many:    {by: size, values: {small: 1.0000, large: 0.9500}}', 'many:    {by: size, values: {small: 0.9999, large: 0.2000}}', []),
    (MADE, 'many:    {by: size, values: {small: 1.0000, large: 0.9500}}', 'many:    {by: size, values: {small: 0.2000, large: 0}}', [('0}', 'warning: a factor of 0, with which it costs nothing; expected a factor over 0, or decline(code)')]),
    (MADE, 'grace: 30m', 'grace: 1h', []),
    (MADE, 'grace: 30m', 'grace: 61m', [('61m', 'warning: a grace longer than the shortest cover; expected it no longer than min:')]),
    # A point that could be meant to part thousands
    (MADE, 'base: 3 EUR\n', 'base: 3.000 EUR\n', [('3.000', 'warning: 3.000 EUR could be read as thousands; expected 3.00 EUR, or 3000 EUR')]),
    (MADE, 'base: 3 EUR\n', 'base: 3.250 EUR\n', [('3.250', 'warning: 3.250 EUR could be read as thousands; expected 3.2500 EUR, or 3250 EUR')]),
    (MADE, 'base: 3 EUR\n', 'base: 3.255 EUR\n', []),
    (MADE, 'base: 3 EUR\n', 'base: 3.2500 EUR\n', []),
    (MADE_EXAMPLES, 'value: 1000 EUR', 'value: 1.000 EUR', [('1.000', 'warning: 1.000 EUR could be read as thousands; expected 1.00 EUR, or 1000 EUR')]),
]
TEXTS: list[Case] = [
    (MADE_ENGLISH, 'age_not_covered: x, ', '', [('^ages:', 'warning: texts.en.yaml has no codes: age_not_covered; expected its words', MADE)]),
    (MADE_ENGLISH, 'exclusions: {wear: x, racing: x}', 'exclusions: {wear: x}', [('^racing]', 'warning: texts.en.yaml has no exclusions: racing; expected its words', MADE)]),
    (MADE_ENGLISH, 'exclusions: {wear: x, racing: x}', 'exclusions: {wear: x, racing: x, war: x}', [('war:', 'warning: nothing asks for exclusions: war; expected a key of the edition, or none')]),
    (MADE_ENGLISH, 'limits: {amount: x, bodily', 'limits: {bodily', [('^amount: value', 'warning: texts.en.yaml has no limits: amount; expected its words', MADE)]),
    (MADE_ENGLISH, 'limits: {amount: x, bodily: x, property: x, glass: x}', 'limits: {amount: x, bodily: x, property: x, glas: x}', [('^glass: {by', 'warning: texts.en.yaml has no limits: glass; expected its words', MADE), ('glas:', 'warning: nothing asks for limits: glas; expected a key of the edition, or none')]),
    (MADE_ENGLISH, 'choices: {small: x, large: x}', 'choices: {small: x, larg: x}', [('^size:', 'warning: texts.en.yaml has no inputs: size: choices: large; expected its words', MADE), ('larg:', 'warning: nothing asks for inputs: size: choices: larg; expected a key of the edition, or none')]),
    (MADE_ENGLISH, 'choices: {phone: x, drill: x}', 'choices: {phone: x}', [('^what:', 'warning: texts.en.yaml has no inputs: things: fields: what: choices: drill; expected its words', MADE)]),
    (MADE_ENGLISH, ', years: {label: x}', '', [('^years: {integer', 'warning: texts.en.yaml has no inputs: things: fields: years; expected its words', MADE)]),
    # What stands inside of a key that is missing, or that nothing asks for, isn't told again.
    (MADE_ENGLISH, '  size: {label: x, choices', '  sizes: {label: x, choices', [('^size:', 'warning: texts.en.yaml has no inputs: size; expected its words', MADE), ('sizes', 'warning: nothing asks for inputs: sizes; expected a key of the edition, or none')]),
    (MADE_ENGLISH, '  goods: {name: x', '  good: {name: x', [('^goods:\n', 'warning: texts.en.yaml has no sections: goods; expected its words', MADE), ('good:', 'warning: nothing asks for sections: good; expected a key of the edition, or none')]),
    (MADE_ENGLISH, 'object: Plate\n', '', [('^object:', 'warning: texts.en.yaml has no object; expected its words', MADE)]),
    (MADE, 'object: {input: plate, kind: vehicle_registration, exclusive_for: [liability]}\n', '', [('^object: Plate', 'warning: nothing asks for object; expected a key of the edition, or none', file) for file in (MADE_ENGLISH, MADE_ENGLISH.replace('.en.', '.fr.'))]),
    (MADE_ENGLISH, 'ipid:\n', 'ipd:\n', [('^product', '"ipid" is missing; expected it here'), ('ipd', '"ipd" means nothing here; expected perhaps "ipid"')]),
]
FORBIDDEN: list[Case] = [
    (MADE, 'trailer:  {yes_no: , default: no}', 'trailer:  {yes_no: , default: no}\n  sex:      {one_of: [x, y]}', [('^sex:', f'"sex" {SEX}')]),
    (MADE, 'trailer:  {yes_no: , default: no}', 'trailer:  {yes_no: , default: no}\n  called:   {one_of: [monsieur, madame]}', [('^called:', f'"called" {SEX}')]),
    (MADE, 'trailer:  {yes_no: , default: no}', 'trailer:  {yes_no: , default: no}\n  who:      {one_of: [m, f, x]}', [('^who:', f'"who" {SEX}')]),
    (MADE, 'what: {one_of: [phone, drill]}', 'gender: {one_of: [phone, drill]}', [('^gender', f'"gender" {SEX}'), ('^what: phone', '"what" is nothing asked for; expected one of gender, worth, years', MADE_EXAMPLES)]),
    # Sizes are no sexes.
    (MADE, 'what: {one_of: [phone, drill]}', 'what: {one_of: [s, m, l]}', [*at('^what:', [*lacks('inputs: things: fields: what: choices: s'), *lacks('inputs: things: fields: what: choices: m'), *lacks('inputs: things: fields: what: choices: l')]), *[(f'^{choice}: x', f'warning: nothing asks for inputs: things: fields: what: choices: {choice}; expected a key of the edition, or none', file) for choice in ('phone', 'drill') for file in (MADE_ENGLISH, MADE_ENGLISH.replace('.en.', '.fr.'))]]),
]
# fmt: on


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RuleFolder:
    return made(tmp_path_factory.mktemp("made"))


class TestUsed:
    @pytest.mark.parametrize(("file", "old", "new", "expected"), UNUSED + JUMPS + SLIPS + TEXTS + FORBIDDEN)
    def test_is_told_at_its_place(
        self, folder: RuleFolder, file: str, old: str, new: str, expected: list[Expected]
    ) -> None:
        said, wanted = said_of(folder, file, old, new, expected)
        assert said == wanted

    def test_a_language_that_has_no_file_is_told_once(self, folder: RuleFolder) -> None:
        path = folder.path / MADE_ENGLISH
        before = path.read_bytes()
        path.unlink()
        try:
            said = folder.said()
        finally:
            path.write_bytes(before)
        assert said == [
            f"rules/{MADE}:1:1: warning: there is no texts.en.yaml; expected what people read in that language"
        ]

    def test_words_that_another_edition_asks_for_are_left_alone(self, folder: RuleFolder) -> None:
        later = MADE.replace("2026-01-01", "2026-03-01")
        before = folder.text(MADE)
        text = before.replace("effective: 2026-01-01T00:00", "effective: 2026-03-01T00:00\npublished: 2026-02-01T00:00")
        folder.write(later, text.replace("exclusions: [wear, racing]", "exclusions: [wear]"))
        folder.write(
            later.replace(".yaml", ".examples.yaml"),
            folder.text(MADE.replace(".yaml", ".examples.yaml")).replace("2026-02-", "2026-04-"),
        )
        try:
            assert folder.said() == []
        finally:
            for file in (later, later.replace(".yaml", ".examples.yaml")):
                (folder.path / file).unlink()
