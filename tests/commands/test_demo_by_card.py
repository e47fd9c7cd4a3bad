"""The demo's life of a cover that is paid by card, played against a service as people start it."""

from __future__ import annotations

from pathlib import Path

from tests.processes import data_folder, run_coverage, serving


class TestDemoByCard:
    def test_pays_changes_cancels_and_leaves_nothing_owed(self, tmp_path: Path) -> None:
        with data_folder() as folder, serving(folder, "--demo") as service:
            played = run_coverage(
                "demo", "--card", "--url", service.url, "--data", str(service.data), "--out", str(tmp_path / "out")
            )
            assert played.returncode == 0, played.stdout + played.stderr
            for words in ("declined: generic_decline", "another: succeeded", "the difference: succeeded"):
                assert words in played.stdout
            assert len(list((tmp_path / "out").glob("*.pdf"))) == 2
            (cover,) = {word for word in played.stdout.split() if word.startswith("cov_")}
            books = run_coverage("ledger", "show", cover, "--data", str(service.data))
            assert books.returncode == 0, books.stderr
            for account in ("claims_fees_incurred/off_duty_vehicle/goods_carried", "clearing/card", "bank"):
                assert account in books.stdout

    def test_says_where_there_is_no_stand_in(self, tmp_path: Path) -> None:
        played = run_coverage("demo", "--card", "--key", "sk_test_x", "--data", str(tmp_path), "--out", str(tmp_path))
        assert played.returncode == 1
        assert "start the service with ./dev serve" in played.stderr
