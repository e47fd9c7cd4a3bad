"""Editions in time: which one prices, what is frozen, and that a price replays from its kept text alone."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from coverage.domain.faults import Missing, Rejected
from coverage.domain.period import Period, term_facts
from coverage.rulebook.admission import admit, read_written
from coverage.rulebook.editions import load, revive
from coverage.rulebook.explaining import explain
from coverage.rulebook.language.reading import Unreadable
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.planning.taxes import NoTaxRate, TaxesInForce
from tests.rulebook.made_editions import TABLES, TERMS
from tests.rulebook.risks import Risks
from tests.rulebook.rule_files import FRANCE, TAXES, VEHICLE, VEHICLE_EXAMPLES, RuleFolder, copied, edition_of, real

PARIS = ZoneInfo("Europe/Paris")
ON = date(2026, 2, 1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


class TestReplay:
    @pytest.mark.parametrize("product", ["off_duty_vehicle", "goods_carried"])
    def test_says_the_same_again_from_kept_text_facts_and_taxes_alone(self, product: str) -> None:
        edition = real(product)
        taxes = edition.taxes_on(ON)
        kept_text, kept_taxes = edition.document.text, taxes.text
        compiled = edition.compiled(taxes)
        revived = revive(kept_text, edition.document.file)
        again = revived.compiled(TaxesInForce.from_plain(json.loads(kept_taxes)))
        for _, admitted in zip(range(500), Risks(edition, "replay"), strict=False):
            kept_facts = json.loads(json.dumps(admitted.facts))
            assert again.decide(kept_facts) == compiled.decide(admitted.facts)
            assert explain(again, kept_facts) == explain(compiled, admitted.facts)
        assert revived.hash == edition.hash
        assert TaxesInForce.from_plain(json.loads(kept_taxes)).hash == taxes.hash

    @pytest.mark.parametrize("text", [TABLES, TERMS], ids=["tables", "terms"])
    def test_replays_every_form(self, text: str) -> None:
        edition = edition_of(text)
        taxes = edition.taxes_on(ON)
        compiled = edition.compiled(taxes)
        again = revive(text, "made").compiled(TaxesInForce.from_plain(json.loads(taxes.text)))
        for _, admitted in zip(range(200), Risks(edition, "replay"), strict=False):
            kept_facts = json.loads(json.dumps(admitted.facts))
            assert again.decide(kept_facts) == compiled.decide(admitted.facts)
            assert explain(again, kept_facts) == explain(compiled, admitted.facts)

    def test_keeps_no_personal_fact(self) -> None:
        edition = real("off_duty_vehicle")
        admitted = next(iter(Risks(edition, "personal")))
        personal = {name for name, given in edition.rules.inputs.items() if given.personal}
        assert personal == {"registration", "driver_born"}
        assert not personal & admitted.facts.keys()
        assert "licence_since" not in admitted.facts
        assert {"driver_age", "licence_years"} <= admitted.facts.keys()

    def test_a_stricter_checker_does_not_lose_an_old_price(self) -> None:
        edition = real("off_duty_vehicle")
        # What the checker refuses today (no such zone, no such section) keeps no old price from being told again.
        text = edition.document.text.replace("timezone: Europe/Paris", "timezone: Europe/Lutetia")
        text = text.replace("exclusive_for: [liability, own_damage]", "exclusive_for: [gone]")
        assert revive(text, "old").plan == revive(edition.document.text, "old").plan

    def test_a_text_that_cannot_run_is_refused(self) -> None:
        with pytest.raises(Unreadable, match="licence_yeers"):
            revive(real("off_duty_vehicle").document.text.replace("licence_years < 2", "licence_yeers < 2"), "old")


class TestHashes:
    def edition(self, taxes: str) -> LoadedEdition:
        return edition_of(TERMS, taxes)

    def test_a_later_row_changes_no_hash_of_an_earlier_day(self) -> None:
        later = TAXES.replace(
            '{from: 2027-01-01, rate: "0.21"}', '{from: 2027-01-01, rate: "0.25"}, {from: 2028-01-01, rate: "0.5"}'
        )
        before, after = self.edition(TAXES), self.edition(later)
        for day in (ON, date(2026, 12, 31)):
            assert before.taxes_on(day).hash == after.taxes_on(day).hash
        assert before.taxes_on(date(2027, 1, 1)).hash != after.taxes_on(date(2027, 1, 1)).hash

    def test_a_row_of_a_class_that_nothing_uses_changes_no_hash(self) -> None:
        more = TAXES.replace("levies:", '  unused: [{from: 2020-01-01, rate: "0.5"}]\nlevies:')
        more = more.replace(
            "- {name: Fund",
            '- {name: Other, source: x, on: unused, rates: [{from: 2020-01-01, rate: "0.1"}]}\n  - {name: Fund',
        )
        assert self.edition(TAXES).taxes_on(ON).hash == self.edition(more).taxes_on(ON).hash

    def test_a_rate_that_was_used_changes_the_hash(self) -> None:
        other = TAXES.replace('rate: "0.012"', 'rate: "0.013"')
        assert self.edition(TAXES).taxes_on(ON).hash != self.edition(other).taxes_on(ON).hash

    def test_a_comment_changes_the_editions_hash(self) -> None:
        assert edition_of(TERMS).hash != edition_of(TERMS + "# a word\n").hash

    def test_a_day_without_a_rate_is_refused(self) -> None:
        with pytest.raises(NoTaxRate, match="FR has no tax rate for full on 2019-12-31"):
            self.edition(TAXES).taxes_on(date(2019, 12, 31))


class TestInForce:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> RuleFolder:
        return copied(tmp_path, "off_duty_vehicle")

    def add(self, folder: RuleFolder, name: str, effective: str, more: str = "") -> None:
        """A further edition of the product, with one example that no rule of dates refuses."""
        text = folder.text(VEHICLE).replace(
            "effective: 2026-01-01T00:00", f"effective: {effective}\npublished: 2025-12-01T00:00\n{more}"
        )
        folder.write(VEHICLE.replace("2026-01-01", name), text)
        folder.write(VEHICLE_EXAMPLES.replace("2026-01-01", name), folder.text(VEHICLE_EXAMPLES))

    def found(self, folder: RuleFolder, asked: str, starts: str) -> str:
        library = folder.load()
        assert library.faults == ()
        return library.in_force("off_duty_vehicle", "FR", at(asked), at(starts)).name

    def test_the_latest_that_has_taken_effect_in_its_own_zone_prices(self, folder: RuleFolder) -> None:
        self.add(folder, "2026-03-01", "2026-03-01T00:00")
        starts = "2026-06-01T08:00+02:00"
        assert self.found(folder, "2026-02-28T22:59:59+00:00", starts) == "2026-01-01"
        assert self.found(folder, "2026-02-28T23:00:00+00:00", starts) == "2026-03-01"

    def test_an_edition_for_starts_counts_when_the_cover_begins(self, folder: RuleFolder) -> None:
        self.add(folder, "2026-03-01", "2026-03-01T00:00", "applies_to: starts")
        asked = "2026-02-01T08:00+01:00"
        assert self.found(folder, asked, "2026-02-28T23:59+01:00") == "2026-01-01"
        assert self.found(folder, asked, "2026-03-01T00:00+01:00") == "2026-03-01"

    def test_a_withdrawn_edition_gives_way_to_the_one_before(self, folder: RuleFolder) -> None:
        self.add(folder, "2026-03-01", "2026-03-01T00:00", "withdrawn: a wrong factor")
        assert self.found(folder, "2026-04-01T08:00+02:00", "2026-04-02T08:00+02:00") == "2026-01-01"
        self.add(folder, "2026-03-01T14", "2026-03-01T14:00")
        assert self.found(folder, "2026-04-01T08:00+02:00", "2026-04-02T08:00+02:00") == "2026-03-01T14"

    def test_a_stopped_sale_ends_new_quotes_and_does_not_fall_back(self, folder: RuleFolder) -> None:
        self.add(folder, "2026-03-01", "2026-03-01T00:00", "sale: stopped")
        with pytest.raises(Rejected, match="isn't on sale") as refused:
            self.found(folder, "2026-04-01T08:00+02:00", "2026-04-02T08:00+02:00")
        assert refused.value.code == "not_on_sale"
        assert self.found(folder, "2026-02-01T08:00+01:00", "2026-04-02T08:00+02:00") == "2026-01-01"

    def test_nothing_prices_before_the_first_takes_effect(self, folder: RuleFolder) -> None:
        with pytest.raises(Rejected) as refused:
            self.found(folder, "2025-12-31T22:59:59+00:00", "2026-02-01T08:00+01:00")
        assert refused.value.code == "not_on_sale"

    def test_an_edition_that_follows_too_soon_for_the_offers_that_run_is_refused(self, folder: RuleFolder) -> None:
        self.add(folder, "2026-03-01", "2026-03-01T00:00")
        late = VEHICLE.replace("2026-01-01", "2026-03-01")
        for published, sold in (("2026-02-28T00:00", 2), ("2026-02-28T00:01", 1)):  # offers bind for 24 hours
            folder.write(late, folder.text(late).replace("2025-12-01T00:00", published))
            library = folder.load()
            assert len(library.editions) == sold
            folder.write(late, folder.text(late).replace(published, "2025-12-01T00:00"))
        # One that mends a withdrawn edition needn't wait.
        folder.replace(VEHICLE, "currency: EUR", "withdrawn: a wrong factor\ncurrency: EUR")
        folder.replace(late, "published: 2025-12-01T00:00\n", "")
        assert folder.load().faults == ()

    def test_two_of_one_moment_are_refused(self, folder: RuleFolder) -> None:
        self.add(folder, "2026-01-01T00", "2026-01-01T00:00")
        (fault,) = folder.load().faults
        assert "takes effect at the same moment" in fault.message

    def test_an_unknown_product_is_named_with_the_nearest(self, folder: RuleFolder) -> None:
        with pytest.raises(
            Missing, match='there is no product "off_duty_vehicel"; expected perhaps "off_duty_vehicle"'
        ):
            folder.load().of("off_duty_vehicel")

    def test_a_product_in_two_countries_asks_which(self, folder: RuleFolder) -> None:
        text = folder.text(VEHICLE).replace("country: FR", "country: GB").replace("EUR", "GBP")
        for name in ("motor_compulsory", "motor_other", "legal_protection"):
            text = text.replace(f": {name}", ": standard")
        text = text.replace("tax: other", "tax: standard").replace("cargo_bike: other", "cargo_bike: standard")
        text = text.replace("  standard:\n", "  legal_protection:\n")
        folder.write(VEHICLE.replace("FR", "GB"), text)
        folder.write(VEHICLE_EXAMPLES.replace("FR", "GB"), folder.text(VEHICLE_EXAMPLES).replace("EUR", "GBP"))
        library = folder.load()
        assert library.faults == ()
        when = at("2026-02-01T08:00+01:00")
        with pytest.raises(Rejected, match="FR, GB") as refused:
            library.in_force("off_duty_vehicle", None, when, when)
        assert refused.value.code == "country_needed"
        assert library.in_force("off_duty_vehicle", "GB", when, when).rules.currency == "GBP"

    def test_a_broken_edition_leaves_the_good_one_beside_it_on_sale(self, folder: RuleFolder) -> None:
        self.add(folder, "2026-03-01", "2026-03-01T00:00", "sale: never")
        library = folder.load()
        assert [edition.name for edition in library.editions] == ["2026-01-01"]
        assert library.broken_files == (f"rules/{VEHICLE.replace('2026-01-01', '2026-03-01')}",)

    def test_a_folder_that_is_not_there_or_empty_is_a_finding(self, tmp_path: Path) -> None:
        assert [f.code for f in load(tmp_path / "gone").findings] == ["no_folder"]
        assert [f.code for f in load(tmp_path).findings] == ["empty"]

    def test_an_edition_without_worked_prices_or_taxes_is_refused(self, folder: RuleFolder) -> None:
        (folder.path / VEHICLE_EXAMPLES).unlink()
        assert [f.code for f in folder.load().faults] == ["no_examples"]
        (folder.path / FRANCE).unlink()
        assert [f.code for f in folder.load().faults] == ["no_examples", "no_tax_rate"]
        assert folder.load().editions == ()


class TestFirmOffer:
    def test_binds_for_its_validity(self) -> None:
        edition = real("off_duty_vehicle")
        assert edition.binds_until(at("2026-02-01T08:00+01:00")) == at("2026-02-02T08:00+01:00")

    def test_ends_at_the_local_midnight_of_a_known_tax_change(self) -> None:
        edition = edition_of(TERMS)  # its class `full` changes on 2027-01-01
        for asked, until in (
            ("2026-12-30T23:59+01:00", "2026-12-31T23:59+01:00"),
            ("2026-12-31T00:00+01:00", "2027-01-01T00:00+01:00"),
            ("2026-12-31T12:00+01:00", "2027-01-01T00:00+01:00"),
            ("2026-12-31T23:59:59+01:00", "2027-01-01T00:00+01:00"),
            ("2027-01-01T00:00+01:00", "2027-01-02T00:00+01:00"),
        ):
            assert edition.binds_until(at(asked)) == at(until), asked

    def test_a_change_of_a_class_that_nothing_uses_cuts_nothing(self) -> None:
        taxes = TAXES.replace("levies:", '  unused: [{from: 2026-03-01, rate: "0.5"}]\nlevies:')
        assert edition_of(TERMS, taxes).binds_until(at("2026-02-28T12:00+01:00")) == at("2026-03-01T12:00+01:00")


class TestTime:
    @pytest.mark.parametrize("start", ["2026-03-28T12:00+01:00", "2026-10-24T12:00+02:00", "2026-02-07T12:00+01:00"])
    def test_a_day_is_86400_seconds_over_every_clock_change(self, start: str) -> None:
        begins = at(start)
        for seconds, hours, days in ((86_400, 24, 1), (86_400 + 1800, 24, 1), (86_401 + 1800, 25, 2), (1, 1, 1)):
            period = Period(begins, begins + timedelta(seconds=seconds))
            facts = term_facts(period, begins, "Europe/Paris", 1800)
            assert (facts["term_hours"], facts["term_days"]) == (hours, days)

    def test_hours_by_the_wall_clock_are_charged_as_they_elapse(self) -> None:
        for day, elapsed in (("2026-03-29", 23), ("2026-10-25", 25), ("2026-02-07", 24)):
            start = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=PARIS)
            end = (datetime.fromisoformat(f"{day}T00:00") + timedelta(days=1)).replace(tzinfo=PARIS)
            facts = term_facts(Period(start.astimezone(UTC), end.astimezone(UTC)), start, "Europe/Paris", 0)
            assert facts["term_hours"] == elapsed

    @pytest.mark.parametrize(
        ("start", "age"),
        [
            ("2026-02-27T23:30+01:00", 17),
            ("2026-02-28T23:30+01:00", 17),
            ("2026-03-01T00:00+01:00", 18),
            ("2026-02-28T23:30+00:00", 18),
            ("2028-02-28T23:30+01:00", 19),
            ("2028-02-29T00:00+01:00", 20),
        ],
    )
    def test_an_age_is_counted_to_the_day_of_the_start_in_the_products_zone(self, start: str, age: int) -> None:
        edition = real("off_duty_vehicle")
        given = {
            "vehicle_class": "car",
            "registration": "AB-123-CD",
            "driver_born": "2008-02-29",
            "licence_since": "2020-01-01",
        }
        begins = at(start)
        admitted = admit(edition.rules, given, Period(begins, begins + timedelta(hours=2)), begins, read_written)
        assert admitted.facts["driver_age"] == age
