"""A new edition waits until the offers of the one before it have run out."""

from __future__ import annotations

import pytest

from tests.rulebook.made_rules import MADE, MADE_EXAMPLES, made
from tests.rulebook.rule_files import RuleFolder

BINDING = "offers of 2026-01-01.yaml bind for 24h"


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> RuleFolder:
    return made(tmp_path_factory.mktemp("made"))


def follow(folder: RuleFolder, effective: str, published: str = "", **changed: str) -> list[str]:
    """What is said once an edition follows the first."""
    text = folder.text(MADE).replace("effective: 2026-01-01T00:00", f"effective: {effective}\n{published}")
    for old, new in changed.items():
        text = text.replace(f"{old}:", f"{new}\n{old}:", 1)
    day = effective if not effective.endswith("T00:00") else effective[:10]
    name = MADE.replace("2026-01-01", day.replace(":", "").removesuffix("00") if "T" in day else day)
    folder.write(name, text)
    folder.write(name.replace(".yaml", ".examples.yaml"), folder.text(MADE_EXAMPLES).replace("2026-02-", "2026-04-"))
    return folder.said()


def at(name: str, words: str) -> list[str]:
    return [f"rules/products/made/FR/{name}.yaml:3:12: {words}"]


class TestPublication:
    def test_must_be_told_of_an_edition_that_follows_another(self, folder: RuleFolder) -> None:
        assert follow(folder, "2026-03-01T00:00") == at(
            "2026-03-01",
            f"nothing says when it was published, and {BINDING}; expected published: at least that long before it takes effect",
        )

    def test_leaves_the_offers_of_the_edition_before_their_time(self, folder: RuleFolder) -> None:
        assert follow(folder, "2026-03-01T00:00", "published: 2026-02-28T00:01") == at(
            "2026-03-01",
            f"too soon after 2026-02-28T00:01, when it was published, since {BINDING}; expected 2026-03-01T00:01 or later, or the other withdrawn",
        )
        assert follow(folder, "2026-03-01T00:00", "published: 2026-02-28T00:00") == []

    def test_counts_hours_that_pass_and_not_what_the_clock_shows(self, folder: RuleFolder) -> None:
        # On 2026-03-29 the clocks in Paris go forward: 24 hours after 12:00 it is 13:00.
        assert follow(folder, "2026-03-29T12:00", "published: 2026-03-28T12:00") == at(
            "2026-03-29T12",
            f"too soon after 2026-03-28T12:00, when it was published, since {BINDING}; expected 2026-03-29T13:00 or later, or the other withdrawn",
        )

    def test_takes_an_edition_that_is_late_off_sale_and_leaves_the_one_before(self, folder: RuleFolder) -> None:
        follow(folder, "2026-03-01T00:00")
        assert [edition.name for edition in folder.load().editions] == ["2026-01-01"]

    def test_need_not_wait_where_the_edition_before_was_withdrawn(self, folder: RuleFolder) -> None:
        folder.replace(MADE, "quote: {", 'withdrawn: "a factor was wrong"\nquote: {')
        assert follow(folder, "2026-01-01T14:00", quote="sale: open") == []

    def test_is_no_matter_of_an_edition_that_is_itself_withdrawn(self, folder: RuleFolder) -> None:
        assert follow(folder, "2026-03-01T00:00", quote='withdrawn: "never meant"') == []

    def test_is_no_matter_of_the_first_edition(self, folder: RuleFolder) -> None:
        folder.replace(MADE, "effective: 2026-01-01T00:00", "effective: 2026-01-01T00:00\npublished: 2026-01-01T00:00")
        assert folder.said() == []
