"""The file of insured vehicles: each cover, each change, told once, in a minute."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from coverage.domain.faults import Unavailable
from coverage.domain.tenant import Caller
from coverage.gateways.outgoing import FolderOutgoing
from coverage.operations import vehicles
from coverage.operations.house import House
from coverage.operations.vehicles import report_vehicle, vehicles_report
from coverage.rulebook.editions import Library
from coverage.storage.tenancy import Database
from coverage.worker import HANDLERS
from tests.builders import Platform, a_goods_risk, a_risk, enrol_platform
from tests.lending import Wall, a_shared_car
from tests.reporting import agreed, change, read


@dataclass(frozen=True)
class Lot:
    """A partner, the house, and where its files lie."""

    platform: Platform
    house: House
    folder: Path

    @property
    def caller(self) -> Caller:
        return Caller(self.platform.tenant, "worker")

    def tell(self, cover: dict[str, Any]) -> None:
        HANDLERS["report_vehicle"](self.house, self.caller, cover["id"])

    def files(self) -> list[Path]:
        return sorted(self.folder.rglob("*.csv"))

    def told(self) -> list[dict[str, str]]:
        """The rows of all files."""
        return [row for path in self.files() for row in csv.DictReader(path.read_text().splitlines())]


@pytest.fixture
def lot(lender: Platform, house_with: Callable[..., House], tariffs: Library, wall: Wall, tmp_path: Path) -> Lot:
    return Lot(lender, house_with(rules=lambda: tariffs, wall=wall, outgoing=FolderOutgoing(tmp_path)), tmp_path)


def a_car(lot: Lot, **changes: str) -> dict[str, Any]:
    dates = {"start": "2026-03-30T00:00:00+02:00", "end": "2026-04-02T00:00:00+02:00"}
    return lot.platform.cover(lot.platform.quote(**a_shared_car() | dates | changes))


class TestReportVehicle:
    def test_says_who_insures_what_from_when_to_when(self, lot: Lot) -> None:
        cover = a_car(lot)
        lot.tell(cover)
        (row,) = lot.told()
        assert (row["kind"], row["corrects"], row["note"]) == ("issued", "", "")
        assert (row["insurer"], row["contract_number"], row["country"]) == ("Mutuelle Démo", cover["number"], "FR")
        assert row["registration"] == "AB-123-CD"
        assert (row["starts_at"][:19], row["ends_at"][:19]) == ("2026-03-29T22:00:00", "2026-04-01T22:00:00")
        assert row["master_policy"].startswith("MP-")
        (path,) = lot.files()
        assert path.relative_to(lot.folder) == Path("vehicles/test") / f"{row['row']}.csv"

    def test_tells_what_changed_and_ended_as_rows_that_name_the_one_before(self, lot: Lot, wall: Wall) -> None:
        cover = a_car(lot)
        lot.tell(cover)
        change(lot.house, lot.platform, cover, "extend", end="2026-04-03T00:00:00+02:00")
        wall.now += timedelta(seconds=1)
        lot.tell(cover)
        wall.now += timedelta(seconds=1)
        assert lot.platform.post(f"/v1/covers/{cover['id']}/cancel", {}).status_code == 200
        lot.tell(cover)
        first, second, third = sorted(lot.told(), key=lambda row: row["recorded_at"])
        assert [row["kind"] for row in (first, second, third)] == ["issued", "changed", "cancelled"]
        assert (second["corrects"], third["corrects"]) == (first["row"], second["row"])
        assert second["ends_at"][:19] == "2026-04-02T22:00:00"
        # It never began: its end is its start.
        assert third["starts_at"] == third["ends_at"] == first["starts_at"]

    def test_tells_all_at_once_when_it_comes_late(self, lot: Lot) -> None:
        cover = a_car(lot)
        assert lot.platform.post(f"/v1/covers/{cover['id']}/cancel", {}).status_code == 200
        lot.tell(cover)
        lot.tell(cover)
        # Files are named by their rows' ids, which have no order within a millisecond.
        issued, cancelled = sorted(lot.told(), key=lambda row: row["corrects"])
        assert (issued["kind"], issued["corrects"]) == ("issued", "")
        assert (cancelled["kind"], cancelled["corrects"]) == ("cancelled", issued["row"])
        assert len(lot.files()) == 2

    def test_tells_each_row_once(self, lot: Lot) -> None:
        cover = a_car(lot)
        lot.tell(cover)
        (path,) = lot.files()
        path.unlink()  # it was taken on
        lot.tell(cover)
        assert lot.files() == []

    def test_lays_out_the_same_file_again_where_a_crash_left_it_in_doubt(
        self, lot: Lot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cover = a_car(lot)

        def crash(*_: object) -> None:
            raise Unavailable("outgoing_unavailable", "the disk is full")

        with monkeypatch.context() as broken:
            broken.setattr(FolderOutgoing, "put", crash)
            with pytest.raises(Unavailable):
                lot.tell(cover)
        assert lot.files() == []
        lot.tell(cover)
        told = lot.told()
        with lot.house.transaction(lot.caller) as tx:
            tx.session.execute(text("UPDATE vehicle_rows SET told_at = NULL"))  # as if it had died before it noted that
        lot.tell(cover)
        assert lot.told() == told

    def test_says_so_where_the_person_was_erased(self, lot: Lot) -> None:
        cover = a_car(lot)
        with lot.house.transaction(lot.caller) as tx:
            tx.forget(str(tx.session.scalar(text("SELECT policyholder_id FROM covers"))))
        lot.tell(cover)
        (row,) = lot.told()
        assert (row["registration"], row["note"]) == ("", vehicles.ERASED)
        assert row["contract_number"] == cover["number"]

    def test_waits_where_there_is_nowhere_to_lay_it(self, lot: Lot, house_with: Callable[..., House]) -> None:
        with pytest.raises(Unavailable):
            report_vehicle(house_with(outgoing=None), lot.caller, "cov_1")

    def test_keeps_no_registration_in_the_database(self, lot: Lot) -> None:
        cover = a_car(lot)
        lot.tell(cover)
        with lot.house.transaction(lot.caller) as tx:
            kept = list(tx.session.scalars(text("SELECT r::text FROM vehicle_rows r")))
        assert len(kept) == 1
        assert "123" not in kept[0].replace(cover["id"], "") or "AB-123-CD" not in kept[0]

    def test_never_changes_what_was_told(self, lot: Lot) -> None:
        cover = a_car(lot)
        lot.tell(cover)
        for change_made in ("UPDATE vehicle_rows SET ends_at = starts_at", "DELETE FROM vehicle_rows"):
            with pytest.raises(Exception, match="permission denied"), lot.house.transaction(lot.caller) as tx:
                tx.session.execute(text(change_made))


class TestWhatIsTold:
    def test_is_caused_by_covers_of_vehicles_alone(self, platform: Platform, owner: Database) -> None:
        car = platform.cover()
        bike = platform.cover(platform.quote(risk=a_risk(vehicle_class="cargo_bike")))
        goods = platform.cover(platform.quote(product="goods_carried", risk=a_goods_risk()))
        platform.post(f"/v1/covers/{car['id']}/cancel", {})
        with owner.transaction(platform.tenant) as session:
            query = text("SELECT kind FROM outbox WHERE subject = :id ORDER BY id")
            kinds = {cover["id"]: list(session.scalars(query, {"id": cover["id"]})) for cover in (car, bike, goods)}
        assert kinds[car["id"]] == ["render_certificate", "render_terms", "report_vehicle"] * 2
        assert kinds[bike["id"]] == kinds[goods["id"]] == ["render_certificate", "render_terms"]

    def test_is_nothing_for_what_is_no_vehicle(self, platform: Platform, house: House, owner: Database) -> None:
        goods = platform.cover(platform.quote(product="goods_carried", risk=a_goods_risk()))
        report_vehicle(house, Caller(platform.tenant, "worker"), goods["id"])
        assert agreed(vehicles_report(house, [platform.tenant])) == []

    def test_of_a_live_partner_lies_apart_from_tests(
        self, owner: Database, house_with: Callable[..., House], app: Any, tmp_path: Path
    ) -> None:
        house = house_with(outgoing=FolderOutgoing(tmp_path))
        with TestClient(app, raise_server_exceptions=False) as client:
            live = enrol_platform(owner, house, client, "live")
            report_vehicle(house, Caller(live.tenant, "worker"), live.cover()["id"])
        assert [path.parent.name for path in tmp_path.rglob("*.csv")] == ["live"]


class TestVehiclesReport:
    def test_tells_again_what_went_out_since_an_instant(self, lot: Lot, wall: Wall) -> None:
        cover = a_car(lot)
        lot.tell(cover)
        later = wall.now + timedelta(hours=1)
        wall.now = later
        change(lot.house, lot.platform, cover, "extend", end="2026-04-03T00:00:00+02:00")
        lot.tell(cover)
        rows = agreed(vehicles_report(lot.house, [lot.platform.tenant]))
        assert [row["row"] for row in rows] == [
            row["row"] for row in sorted(lot.told(), key=lambda r: r["recorded_at"])
        ]
        assert [row["registration"] for row in rows] == ["AB-123-CD"] * 2
        (since,) = agreed(vehicles_report(lot.house, [lot.platform.tenant], later))
        assert (since["kind"], since["ends_at"]) == ("changed", datetime(2026, 4, 2, 22, tzinfo=UTC))

    def test_names_a_vehicle_that_has_no_row_after_a_minute(self, lot: Lot, wall: Wall) -> None:
        cover = a_car(lot)
        wall.now += timedelta(seconds=59)
        agreed(vehicles_report(lot.house, [lot.platform.tenant]))
        wall.now += timedelta(seconds=2)
        report = vehicles_report(lot.house, [lot.platform.tenant])
        assert read(report) == []
        assert report.differences == [
            f"{lot.platform.tenant.id}: transaction 1 of {cover['number']} insures a vehicle, and was told to nobody"
        ]
        lot.tell(cover)
        agreed(vehicles_report(lot.house, [lot.platform.tenant]))

    def test_opens_the_rows_page_by_page(self, lot: Lot, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(vehicles, "BATCH", 2)
        for day in range(5):
            dates = {"start": f"2026-04-1{day}T00:00:00+02:00", "end": f"2026-04-1{day}T12:00:00+02:00"}
            lot.tell(a_car(lot, **dates))
        assert len(agreed(vehicles_report(lot.house, [lot.platform.tenant]))) == 5
