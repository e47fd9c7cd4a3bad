"""The oracle's facts held to clocks and calendars read by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from coverage.domain.period import Period
from coverage.rulebook.format import Edition
from coverage.rulebook.language.reading import read_text
from coverage.rulebook.language.shape import typed
from coverage.rulebook.oracle.facts import facts_of
from tests.rulebook.made_editions import HEAD

SECTIONS = """
sections:
  cover: {tax: full, limit: {amount: 1 EUR, per: event}, premium: [{base: 1 EUR}]}
"""


def facts(derived: str, start: str, end: str, *, day: str = "24h", grace: str = "0m", **values: Any) -> dict[str, Any]:
    """The facts of a term told in local time with its offset; `derived` are the edition's lines."""
    head = HEAD.replace("grace: 10m", f"grace: {grace}, day: {day}")
    inputs = "inputs: {kind: {one_of: [a]}, born: {date: past, optional: yes}, met: {date: any, optional: yes}, "
    inputs += 'code: {text: ".*", default: x}, things: {list: {value: {money: 0 EUR..9 EUR}}, min: 0, max: 9}}\n'
    edition = typed(read_text(f"{head}{inputs}derived: {{{derived}}}{SECTIONS}", "made"), Edition)
    instants = [datetime.fromisoformat(text).astimezone(UTC) for text in (start, end)]
    given = {"kind": "a", "code": "x", "things": [], **values}
    return facts_of(edition, given, Period(*instants), instants[0])


class TestHours:
    def test_count_that_begin_inside_the_first_bound_in_and_the_second_out(self) -> None:
        # From 20:30: hours begin at 20:30, 21:30, 22:30, …, 05:30, 06:30. Eight of them lie in the night.
        found = facts("night: {hours_in: 22:00-06:00}", "2026-02-07T20:30+01:00", "2026-02-08T07:30+01:00")
        assert (found["term_hours"], found["night"]) == (11, 8)
        # On the hour: 22, 23, 0, …, 5 are in, 6 is out.
        found = facts("night: {hours_in: 22:00-06:00}", "2026-02-07T20:00+01:00", "2026-02-08T08:00+01:00")
        assert found["night"] == 8

    def test_are_those_of_the_clock_when_it_is_put_back(self) -> None:
        # 2026-10-25, Paris: the hour from 2 to 3 comes twice. From midnight to midnight 25 hours begin.
        found = facts(
            "two: {hours_in: 02:00-03:00}, sunday: {hours_in: [sun]}",
            "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00",
        )  # fmt: skip
        assert (found["term_hours"], found["two"], found["sunday"]) == (25, 2, 25)

    def test_are_those_of_the_clock_when_it_is_put_forward(self) -> None:
        # 2026-03-29, Paris: no hour from 2 to 3. From Saturday 23:00 hours begin at 23, 0, 1, 3, 4.
        found = facts(
            "two: {hours_in: 02:00-03:00}, weekdays: {hours_in: [sat]}",
            "2026-03-28T23:00+01:00", "2026-03-29T05:00+02:00",
        )  # fmt: skip
        assert (found["term_hours"], found["two"], found["weekdays"]) == (5, 0, 1)

    def test_in_the_grace_are_none(self) -> None:
        for end, hours in (("12:30:00", 4), ("12:30:01", 5)):
            found = facts("", "2026-02-07T08:00+01:00", f"2026-02-07T{end}+01:00", grace="30m")
            assert found["term_hours"] == hours


class TestDays:
    @pytest.mark.parametrize(
        ("end", "days", "first", "last"),
        [
            ("2026-02-07T20:00+01:00", 1, 6, 0),
            ("2026-02-08T00:20+01:00", 1, 10, 0),  # the grace reaches back to midnight
            ("2026-02-08T00:20:01+01:00", 2, 10, 1),
            ("2026-02-09T05:20+01:00", 3, 10, 5),
        ],
    )
    def test_of_the_calendar_are_those_that_the_term_touches(self, end: str, days: int, first: int, last: int) -> None:
        found = facts("", "2026-02-07T14:00+01:00", end, day="calendar", grace="20m")
        assert (found["term_days"], found["first_day_hours"], found["last_day_hours"]) == (days, first, last)

    def test_of_the_calendar_have_24_hours_at_most(self) -> None:
        found = facts("", "2026-10-25T00:00+02:00", "2026-10-27T00:00+01:00", day="calendar")
        assert (found["term_hours"], found["term_days"]) == (49, 2)
        assert (found["first_day_hours"], found["last_day_hours"]) == (24, 24)


class TestSeasons:
    SEASON = "s: {{season: {{dates: {{high: 12-30..01-02}}, otherwise: low, by: {}}}}}"

    def test_pass_the_end_of_the_year(self) -> None:
        for day, season in (("12-29", "low"), ("12-30", "high"), ("01-02", "high"), ("01-03", "low")):
            found = facts(self.SEASON.format("start"), f"2026-{day}T23:59+01:00", f"2026-{day}T23:59:59+01:00")
            assert found["s"] == season

    def test_have_each_day_of_the_term_once(self) -> None:
        each_day = self.SEASON.format("each_day")
        # The days begin on 29, 30 and 31 December at 23:00; the third ends in the new year.
        found = facts(each_day, "2026-12-29T23:00+01:00", "2027-01-01T20:00+01:00")
        assert (found["s.high"], found["s.low"]) == (2, 1)
        found = facts(each_day, "2026-12-29T23:00+01:00", "2027-01-01T20:00+01:00", day="calendar")
        assert (found["s.high"], found["s.low"]) == (3, 1)

    def test_have_the_day_on_which_a_stretch_of_24_hours_begins_by_the_local_clock(self) -> None:
        # From 23:30 in winter time, the second stretch begins at 00:30 of the day after the clocks went forward.
        season = "s: {season: {dates: {then: 03-29..03-29}, otherwise: other, by: each_day}}"
        found = facts(season, "2026-03-28T23:30+01:00", "2026-03-30T12:00+02:00")
        assert (found["term_days"], found["s.then"], found["s.other"]) == (2, 0, 2)


class TestGiven:
    def test_years_are_complete_on_the_birthday_and_on_the_first_of_march_for_a_leap_day(self) -> None:
        years = "age: {years_from: born, to: start, otherwise: 7}"
        for born, start, age in (
            (date(2000, 2, 7), "2026-02-07", 26), (date(2000, 2, 8), "2026-02-07", 25),
            (date(2004, 2, 29), "2026-02-28", 21), (date(2004, 2, 29), "2026-03-01", 22),
            (date(2004, 2, 29), "2028-02-29", 24), (date(1890, 1, 1), "2026-01-01", 130),
        ):  # fmt: skip
            assert facts(years, f"{start}T00:00+01:00", f"{start}T09:00+01:00", born=born)["age"] == age
        assert facts(years, "2026-02-07T00:00+01:00", "2026-02-07T09:00+01:00")["age"] == 7

    def test_years_between_two_days_need_both(self) -> None:
        years = "held: {years_from: born, to: met, otherwise: 3}"
        term = ("2026-02-07T00:00+01:00", "2026-02-07T09:00+01:00")
        assert facts(years, *term, born=date(2010, 5, 5), met=date(2020, 5, 4))["held"] == 9
        assert facts(years, *term, born=date(2010, 5, 5))["held"] == 3
        assert facts(years, *term, born=date(2020, 5, 5), met=date(2010, 5, 4))["held"] == 0

    def test_prefixes_leave_spaces_and_hyphens_out(self) -> None:
        term = ("2026-02-07T00:00+01:00", "2026-02-07T09:00+01:00")
        for code, prefix in (("e1-6an", "E16"), (" 7-5 011", "750"), ("a", "A")):
            assert facts("p: {prefix: code, length: 3}", *term, code=code)["p"] == prefix

    def test_totals_of_nothing_are_nothing(self) -> None:
        term = ("2026-02-07T00:00+01:00", "2026-02-07T09:00+01:00")
        totals = ("count(things)", "sum(things.value)", "highest(things.value)", "lowest(things.value)")
        found = facts("", *term, things=[{"value": 3_000_000}, {"value": 1_500_000}])
        assert [found[total] for total in totals] == [2, 4_500_000, 3_000_000, 1_500_000]
        found = facts("", *term)
        assert [found[total] for total in totals] == [0, 0, 0, 0]
