"""Facts: each is made to what its kind holds, so that what partners are told of kinds is so."""

from __future__ import annotations

from typing import Any

import pytest

from coverage.domain import facts
from coverage.domain.facts import Fact
from coverage.domain.kinds import KINDS


class TestFact:
    @pytest.mark.parametrize(
        ("kind", "data", "words"),
        [
            ("cover.sold", {}, "cover.sold is no kind of fact"),
            ("cover.issued", {"quote": "quo_1"}, "transaction is missing"),
            ("cover.issued", {"quote": "quo_1", "transaction": 7}, "transaction is no text"),
            ("cover.issued", {"quote": "quo_1", "transaction": None}, "transaction is no text"),
            ("cover.lapsed", {"why": "unpaid"}, "why is nothing that it holds"),
            ("cover.dispute_closed", {"dispute": "dsp_1", "outcome": "open"}, "outcome is open, and none of won, lost"),
            ("claim.created", {"cover": "cov_1", "flags": "late_notice"}, "flags is no list of texts"),
            ("claim.created", {"cover": "cov_1", "flags": [1]}, "flags is no list of texts"),
        ],
    )
    def test_of_other_data_than_its_kind_holds_is_refused(self, kind: str, data: dict[str, Any], words: str) -> None:
        with pytest.raises(ValueError, match=words):
            Fact(kind, "cov_1", data)

    def test_may_leave_out_what_there_is_nothing_to_say_of(self) -> None:
        assert facts.cover_turned("cov_1", "payment_overdue").data == {}
        assert facts.cover_turned("cov_1", "payment_overdue", "chg_1").data == {"change": "chg_1"}


class TestKinds:
    def test_say_in_a_sentence_what_happened(self) -> None:
        words = [kind.words for kind in KINDS.values()]
        words += [holds.words for kind in KINDS.values() for holds in kind.data.values()]
        assert all(text[0].isupper() or text[0] == "`" for text in words)
        assert all(text.endswith(".") for text in words)
