"""Where a term falls in the calendar, held against a reading of it hour by hour and day by day."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.domain.period import Period, day_begins
from coverage.rulebook.calendar import calendar_facts
from coverage.rulebook.format import Edition
from coverage.rulebook.language.reading import read_text
from coverage.rulebook.language.shape import typed
from coverage.rulebook.running.scalar import Fact
from tests.rulebook.made_editions import HEAD

PARIS = "Europe/Paris"
# Clocks that change at 1, at midnight, by half an hour, by two hours; offsets of half and quarter hours; none at all.
ZONES = (
    PARIS, "Atlantic/Azores", "Africa/Cairo", "America/Havana", "America/Nuuk", "America/Santiago", "Asia/Beirut",
    "Australia/Lord_Howe", "Antarctica/Troll", "Asia/Kathmandu", "Australia/Eucla", "America/St_Johns", "Africa/Casablanca",
    "Pacific/Kiritimati", "Etc/GMT+12", "UTC",
)  # fmt: skip
DERIVED = """
derived:
  weekend:  {hours_in: [sat, sun]}
  tuesdays: {hours_in: [tue]}
  always:   {hours_in: [mon, tue, wed, thu, fri, sat, sun]}
  night:    {hours_in: 22:00-06:00}
  noon:     {hours_in: 11:30-13:10}
  late:     {hours_in: 20:00-24:00}
  season:   {season: {dates: {high: [07-01..08-31, 12-20..01-03], mid: 04-01..06-30}, otherwise: low, by: each_day}}
  starts_in: {season: {dates: {winter: 12-21..03-20}, otherwise: rest, by: start}}
"""
MINUTES_INSIDE = {"night": (1320, 360), "noon": (690, 790), "late": (1200, 1440)}


def edition(day: str = "24h", zone: str = PARIS, grace: int = 0) -> Edition:
    """An edition with every kind of time in it; `grace` in minutes."""
    text = HEAD.replace(PARIS, zone).replace("grace: 10m", f"grace: {grace}m, day: {day}") + DERIVED
    text += "inputs: {value: {money: 0 EUR..9 EUR}}\nsections:\n  one: {tax: full, limit: {amount: value, per: event}, premium: [{base: 1 EUR}]}\n"
    return typed(read_text(text, "made"), Edition)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def facts_of(rules: Edition, start: datetime, seconds: float) -> dict[str, Fact]:
    return calendar_facts(rules, Period(start, start + timedelta(seconds=seconds)), start)


def read_slowly(rules: Edition, start: datetime, seconds: int) -> dict[str, Fact]:
    """The same by the letter of the rules: each charged hour looked at, and each day, minute by minute."""
    zone, grace = ZoneInfo(rules.timezone), rules.term.grace
    last = max(start + timedelta(seconds=seconds - grace), start + timedelta(microseconds=1))
    beginnings = [start]
    while beginnings[-1] + timedelta(hours=1) < last:
        beginnings.append(beginnings[-1] + timedelta(hours=1))
    local = [beginning.astimezone(zone) for beginning in beginnings]
    facts: dict[str, Fact] = {
        "term_hours": len(local), "start_hour": local[0].hour, "start_weekday": local[0].isoweekday(), "lead_hours": 0,
        "weekend": sum(moment.strftime("%a") in ("Sat", "Sun") for moment in local),
        "tuesdays": sum(moment.strftime("%a") == "Tue" for moment in local),
        "always": len(local),
    }  # fmt: skip
    for name, (begins, ends) in MINUTES_INSIDE.items():
        clock = [moment.hour * 60 + moment.minute for moment in local]
        facts[name] = sum(begins <= m < ends if begins < ends else m >= begins or m < ends for m in clock)
    if rules.term.day == "calendar":
        touched = sorted(
            {moment.date() for moment in local} | {(last - timedelta(microseconds=1)).astimezone(zone).date()}
        )
        days = [touched[0] + timedelta(days=index) for index in range((touched[-1] - touched[0]).days + 1)]
        on_first = sum(moment.date() == days[0] for moment in local)
        on_last = sum(moment.date() == days[-1] for moment in local) if len(days) > 1 else 0
        facts |= {"first_day_hours": min(on_first, 24), "last_day_hours": min(on_last, 24)}
    else:
        days = [start.astimezone(zone).date()]
        while start + timedelta(days=len(days)) < last:
            days.append((start + timedelta(days=len(days))).astimezone(zone).date())
    facts["term_days"] = len(days)
    named = [season(day) for day in days]
    facts |= {f"season.{name}": named.count(name) for name in ("high", "mid", "low")}
    return facts | {"starts_in": "winter" if not (3, 20) < (days[0].month, days[0].day) < (12, 21) else "rest"}


def season(day: date) -> str:
    if day.month in (7, 8) or (day.month == 12 and day.day >= 20) or (day.month == 1 and day.day <= 3):
        return "high"
    return "mid" if day.month in (4, 5, 6) else "low"


starts = st.builds(
    lambda zone, day, seconds: (zone, day_begins(day, ZoneInfo(zone)) + timedelta(seconds=seconds)),
    st.sampled_from(ZONES),
    # Every day counts, those of clock changes more often.
    st.dates(date(2026, 1, 1), date(2030, 12, 31))
    | st.sampled_from([date(2026, 3, 28), date(2026, 10, 24), date(2026, 4, 24)]),
    st.integers(0, 86_400) | st.sampled_from([0, 3600, 1800, 86_399]),
)
lengths = (
    st.integers(1, 9 * 86_400)
    | st.sampled_from([3600, 86_400, 7 * 86_400])
    | st.integers(1, 60).map(lambda d: d * 86_400)
)
modes = st.sampled_from(["24h", "calendar"])


class TestReading:
    @given(starts, lengths, modes, st.sampled_from([0, 30, 90]))
    def test_is_what_an_hour_by_hour_reading_finds(
        self, started: tuple[str, datetime], seconds: int, day: str, grace: int
    ) -> None:
        zone, start = started
        rules = edition(day, zone, grace)
        assert facts_of(rules, start, seconds) == read_slowly(rules, start, seconds)

    @given(starts, lengths, st.integers(1, 2 * 86_400), modes)
    def test_counts_no_less_of_a_longer_term(
        self, started: tuple[str, datetime], seconds: int, more: int, day: str
    ) -> None:
        zone, start = started
        rules = edition(day, zone, 30)
        shorter, longer = facts_of(rules, start, seconds), facts_of(rules, start, seconds + more)
        fallen = {
            name for name, count in shorter.items()
            if name not in ("last_day_hours", "starts_in") and count > longer[name]  # type: ignore[operator]
        }  # fmt: skip
        assert fallen == set()

    @given(starts, st.integers(1, 200), lengths)
    def test_counts_the_hours_of_two_terms_on_end_as_those_of_one(
        self, started: tuple[str, datetime], hours: int, seconds: int
    ) -> None:
        zone, start = started
        rules = edition("24h", zone)
        first = facts_of(rules, start, hours * 3600)
        second = facts_of(rules, start + timedelta(hours=hours), seconds)
        whole = facts_of(rules, start, hours * 3600 + seconds)
        for name in ("term_hours", "weekend", "tuesdays", "always", "night", "noon", "late"):
            assert int(first[name]) + int(second[name]) == whole[name]

    @given(starts, lengths, modes)
    def test_finds_each_day_in_one_season(self, started: tuple[str, datetime], seconds: int, day: str) -> None:
        zone, start = started
        facts = facts_of(edition(day, zone), start, seconds)
        assert sum(int(facts[f"season.{name}"]) for name in ("high", "mid", "low")) == facts["term_days"]

    @given(starts, lengths)
    def test_of_calendar_days_shares_out_the_hours_where_no_clock_changes(
        self, started: tuple[str, datetime], seconds: int
    ) -> None:
        facts = facts_of(edition("calendar", "Asia/Kathmandu"), started[1], seconds)
        between = max(int(facts["term_days"]) - 2, 0) * 24
        assert int(facts["first_day_hours"]) + between + int(facts["last_day_hours"]) == facts["term_hours"]


class TestHours:
    # The clocks go on from 02:00 to 03:00 on Sunday 29 March 2026, and back from 03:00 to 02:00 on Sunday 25 October.
    @pytest.mark.parametrize(
        ("start", "hours", "night", "weekend"),
        [
            ("2026-02-07T08:00+01:00", 12, 0, 12),  # a Saturday
            ("2026-02-06T18:00+01:00", 12, 8, 6),  # 22:00 to 06:00, Saturday from midnight on
            ("2026-02-06T18:30+01:00", 12, 8, 6),  # 22:30 to 05:30 begin inside
            ("2026-02-06T18:00+01:00", 15, 8, 9),
            ("2026-03-28T22:00+01:00", 12, 7, 12),  # 22, 23, 0, 1, 3, 4 and 5 o'clock
            ("2026-10-24T22:00+02:00", 12, 9, 12),  # 22, 23, 0, 1, 2, 2 again, 3, 4 and 5 o'clock
            ("2026-10-25T23:00+01:00", 4, 4, 1),  # a Sunday's last hour
        ],
    )
    def test_of_night_and_weekend_by_the_local_clock(self, start: str, hours: int, night: int, weekend: int) -> None:
        facts = facts_of(edition(), at(start), hours * 3600)
        assert (facts["term_hours"], facts["night"], facts["weekend"]) == (hours, night, weekend)

    def test_of_the_grace_are_not_counted(self) -> None:
        rules = edition(grace=30)
        assert facts_of(rules, at("2026-02-06T20:00+01:00"), 2 * 3600 + 1800)["night"] == 0
        assert facts_of(rules, at("2026-02-06T20:00+01:00"), 2 * 3600 + 1801)["night"] == 1


class TestCalendarDays:
    @pytest.mark.parametrize(
        ("start", "end", "days", "first", "last"),
        [
            ("2026-02-07T08:00+01:00", "2026-02-07T20:00+01:00", 1, 12, 0),
            ("2026-02-07T08:00+01:00", "2026-02-08T00:00+01:00", 1, 16, 0),  # until midnight, which isn't in
            ("2026-02-07T08:00+01:00", "2026-02-08T00:00:01+01:00", 2, 16, 1),
            ("2026-02-07T22:00+01:00", "2026-02-10T09:00+01:00", 4, 2, 9),
            ("2026-02-07T08:30+01:00", "2026-02-09T07:00+01:00", 3, 16, 7),  # 08:30 … 23:30, then 00:30 … 06:30
            ("2026-02-07T23:30+01:00", "2026-02-08T00:30+01:00", 2, 1, 0),  # the one hour began on Saturday
            ("2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", 1, 23, 0),  # a day of 23 hours
            ("2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", 1, 24, 0),  # of 25, of which 24 count
            ("2026-10-25T00:00+02:00", "2026-10-26T06:00+01:00", 2, 24, 6),
            ("2026-10-24T12:00+02:00", "2026-10-25T23:00+01:00", 2, 12, 24),
        ],
    )
    def test_are_those_that_the_term_touches(self, start: str, end: str, days: int, first: int, last: int) -> None:
        facts = calendar_facts(edition("calendar"), Period(at(start), at(end)), at(start))
        assert (facts["term_days"], facts["first_day_hours"], facts["last_day_hours"]) == (days, first, last)

    def test_end_with_the_grace(self) -> None:
        rules = edition("calendar", grace=30)
        start = at("2026-02-07T08:00+01:00")
        assert facts_of(rules, start, 16 * 3600 + 1800)["term_days"] == 1
        assert facts_of(rules, start, 16 * 3600 + 1801)["term_days"] == 2
        assert facts_of(rules, start, 60)["term_days"] == 1

    def test_of_24_hours_have_no_first_and_last(self) -> None:
        facts = facts_of(edition("24h"), at("2026-02-07T08:00+01:00"), 16 * 3600 + 1)
        assert facts["term_days"] == 1
        assert {"first_day_hours", "last_day_hours"}.isdisjoint(facts)

    def test_begin_where_the_day_does_in_every_zone_and_year_to_come(self) -> None:
        """Also where the clocks change at midnight: at Cairo's, which leaves 00:00 out, and at Havana's, which has it
        twice.
        """
        wrong = []
        for name in sorted(zoneinfo.available_timezones()):
            zone = ZoneInfo(name)
            day = date(2026, 1, 1)
            offset = day_begins(day, zone).astimezone(zone).utcoffset()
            while day.year < 2030:
                day += timedelta(days=1)
                begins = day_begins(day, zone)
                after = begins.astimezone(zone).utcoffset()
                before = (begins - timedelta(microseconds=1)).astimezone(zone)
                changed = offset != after or before.utcoffset() != after
                if changed and (begins.astimezone(zone).date() != day or before.date() >= day):
                    wrong.append((name, day))
                offset = after
        assert wrong == []


class TestSeasons:
    def test_pass_the_years_end(self) -> None:
        facts = facts_of(edition(), at("2026-12-18T12:00+01:00"), 20 * 86_400)
        # 18 and 19 December are low, 20 December to 3 January high, 4 to 6 January low.
        assert (facts["season.high"], facts["season.mid"], facts["season.low"]) == (15, 0, 5)

    def test_of_days_of_24_hours_are_those_that_they_begin_in(self) -> None:
        start, seconds = at("2026-06-30T23:30+02:00"), 86_401
        by_elapsed, by_calendar = facts_of(edition(), start, seconds), facts_of(edition("calendar"), start, seconds)
        assert (by_elapsed["season.mid"], by_elapsed["season.high"]) == (1, 1)
        assert (by_calendar["season.mid"], by_calendar["season.high"]) == (1, 1)
        assert facts_of(edition(), start, 3600)["season.high"] == 0
        assert facts_of(edition("calendar"), start, 3600)["season.high"] == 1

    @pytest.mark.parametrize(
        ("start", "name"),
        [
            ("2026-12-20T23:59+01:00", "rest"), ("2026-12-21T00:00+01:00", "winter"), ("2027-03-20T23:59+01:00", "winter"),
            ("2027-03-21T00:00+01:00", "rest"), ("2027-03-20T23:00+00:00", "rest"),
        ],
    )  # fmt: skip
    def test_by_start_are_that_of_the_local_day(self, start: str, name: str) -> None:
        assert facts_of(edition(), at(start), 30 * 86_400)["starts_in"] == name
