"""What is owed of a loss, as tables of worked cases; amounts in euros for who reads them, in cents for the rule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.domain.cover import SectionTerms
from coverage.domain.faults import Rejected
from coverage.domain.indemnity import Granted, Indemnity, Part, indemnity
from coverage.domain.period import Period

A_DAY = Period(datetime(2026, 12, 5, tzinfo=UTC), datetime(2026, 12, 6, tzinfo=UTC))


def terms(limit: int | None = 10_000, **changes: Any) -> SectionTerms:
    """A section with a limit in euros per event, and a net premium of 20 euros."""
    told: dict[str, Any] = {
        "section": "goods", "period": A_DAY, "layer": "primary", "per": "event", "sublimits": {"each_item": 250_000},
        "limits": {"amount": None if limit is None else limit * 100}, "deductible": None, "average": "applies", "net": 2_000,
    }  # fmt: skip
    return SectionTerms(**(told | changes))


def fixed(amount: int, **changes: Any) -> dict[str, Any]:
    return {
        "amount": amount * 100,
        "owed_by": "insured",
        "applied": "before_limit",
        "against_third_parties": False,
    } | changes


def a_share(percent: int, least: int | None = None, most: int | None = None) -> dict[str, Any]:
    between = {"min": least * 100 if least else None, "max": most * 100 if most else None}
    return {"share_percent": percent, **between, "owed_by": "insured", "applied": "before_limit"}


def worked_out(of: SectionTerms, *parts: Part, earlier: tuple[Granted, ...] = (), **how: Any) -> Indemnity:
    """What is owed of the parts, whose steps lead to it."""
    found = indemnity(of, parts, earlier, currency="EUR", **how)
    for part in found.parts:
        assert sum(step.amount for step in part.steps) == part.amount
        assert part.steps[0].kind == "loss"
        assert all(step.amount < 0 for step in part.steps[1:])
    return found


def owed(of: SectionTerms, loss: int, *earlier: Granted, named: dict[str, Any] | None = None, **how: Any) -> int:
    """What is owed, in cents, of a loss in euros."""
    return worked_out(of, Part(loss * 100, **(named or {})), earlier=earlier, **how).amount


def had(approved: int = 0, losses: int = 0, deductible: int = 0, **names: Any) -> Granted:
    """What others had before, in cents."""
    return Granted(names.get("limit", "amount"), names.get("sublimit"), approved, losses, deductible)


class TestDeductibleAndLimit:
    @pytest.mark.parametrize(
        ("loss", "limit", "deductible", "expected"),
        [
            # The usual way, off the loss: a loss of 12,000 with 1,000 and a limit of 10,000 pays 10,000.
            (12_000, 10_000, fixed(1_000), 10_000),
            (12_000, 10_000, fixed(1_000, applied="after_limit"), 9_000),
            (10_500, 10_000, fixed(1_000), 9_500),
            (10_500, 10_000, fixed(1_000, applied="after_limit"), 9_000),
            (900, 10_000, fixed(1_000), 0),
            (900, 10_000, fixed(1_000, applied="after_limit"), 0),
            (5_000, 10_000, None, 5_000),
            (50_000, None, fixed(1_000), 49_000),
            (0, 10_000, fixed(1_000), 0),
            # A share of the loss, within its least and its most.
            (5_000, 10_000, a_share(10), 4_500),
            (500, 10_000, a_share(10, 150), 350),
            (9_000, 10_000, a_share(10, 150, 500), 8_500),
            (100, 10_000, a_share(10, 150), 0),
        ],
    )
    def test_come_off_as_the_section_says(
        self, loss: int, limit: int | None, deductible: dict[str, Any] | None, expected: int
    ) -> None:
        assert owed(terms(limit, deductible=deductible), loss) == expected * 100

    def test_a_deductible_is_borne_once_an_event(self) -> None:
        section = terms(deductible=fixed(1_000))
        assert owed(section, 600) == 0
        assert owed(section, 2_000, had(losses=60_000, deductible=60_000)) == 160_000
        assert owed(section, 2_000, had(losses=500_000, deductible=100_000)) == 200_000

    def test_a_share_is_of_all_that_was_lost_in_the_event(self) -> None:
        section = terms(deductible=a_share(10, 150))
        # 500 first, of which 150 were borne; now 3,500 in all, of which 350 are.
        assert owed(section, 3_000, had(losses=50_000, deductible=15_000)) == (3_000 - 200) * 100

    @pytest.mark.parametrize(
        ("per", "left"), [("event", 2_000), ("cover", 2_000), ("person", 10_000), ("item", 10_000)]
    )
    def test_a_limit_is_shared_by_what_it_holds_for(self, per: str, left: int) -> None:
        assert owed(terms(per=per), 20_000, had(800_000)) == left * 100

    def test_a_limit_that_is_used_up_owes_nothing(self) -> None:
        assert owed(terms(), 20_000, had(1_200_000)) == 0

    def test_a_sublimit_holds_for_its_part(self) -> None:
        assert owed(terms(deductible=fixed(100)), 3_000, named={"sublimit": "each_item"}) == 250_000
        assert owed(terms(limit=2_000), 3_000, named={"sublimit": "each_item"}) == 200_000
        assert owed(terms(), 3_000) == 300_000


class TestAverage:
    @pytest.mark.parametrize(
        ("loss", "sound", "expected"),
        # Insured for 10,000: of a thing worth 20,000 half is paid (Code des assurances L121-5).
        [(4_000, 20_000, 200_000), (4_000, 10_000, 400_000), (4_000, 8_000, 400_000), (1_000, 30_000, 33_333)],
    )
    def test_pays_in_proportion_to_what_was_insured(self, loss: int, sound: int, expected: int) -> None:
        assert owed(terms(), loss, named={"sound_value": sound * 100}) == expected

    def test_comes_before_the_deductible(self) -> None:
        assert owed(terms(deductible=fixed(1_000)), 4_000, named={"sound_value": 2_000_000}) == 100_000

    @pytest.mark.parametrize(
        ("section", "third_party", "words"),
        [
            (terms(average="waived"), False, "waived the average rule"),
            (terms(limit=None), False, "no sum insured"),
            (terms(), True, "third party"),
        ],
    )
    def test_is_refused_where_it_does_not_hold(self, section: SectionTerms, third_party: bool, words: str) -> None:
        with pytest.raises(Rejected) as refused:
            owed(section, 4_000, third_party=third_party, named={"sound_value": 2_000_000})
        assert refused.value.errors[0].pointer == "/losses/0/sound_value"
        assert words in refused.value.errors[0].message


class TestPremiumReduction:
    def test_pays_in_proportion_to_the_premium(self) -> None:
        # 20 were paid where 50 were due (L113-9), of what is owed after all else.
        assert owed(terms(deductible=fixed(1_000)), 6_000, premium_due=5_000) == 200_000

    def test_is_refused_where_no_more_was_due(self) -> None:
        with pytest.raises(Rejected):
            owed(terms(), 6_000, premium_due=2_000)


class TestVictims:
    def test_bear_no_deductible_but_where_the_section_says_so(self) -> None:
        assert owed(terms(deductible=fixed(1_000)), 5_000, third_party=True) == 500_000
        against = terms(deductible=fixed(1_000, against_third_parties=True))
        assert owed(against, 5_000, third_party=True) == 400_000

    def test_bear_nothing_in_compulsory_motor_liability(self) -> None:
        """Code des assurances R211-13: neither deductible nor reduction is raised against them."""
        section = terms(limit=None, deductible=fixed(1_000, against_third_parties=True))
        assert owed(section, 5_000, third_party=True, compulsory=True, premium_due=9_000) == 500_000
        assert owed(section, 5_000, third_party=False, compulsory=True, premium_due=4_000) == 200_000

    def test_share_the_limit(self) -> None:
        assert owed(terms(), 5_000, had(900_000), third_party=True) == 100_000


class TestNames:
    def test_of_several_limits_one_must_be_named(self) -> None:
        section = terms(limits={"bodily": None, "property": 100_000_000})
        with pytest.raises(Rejected) as refused:
            owed(section, 5_000)
        assert refused.value.errors[0].message.endswith("one of bodily, property")
        assert owed(section, 2_000_000, named={"limit": "bodily"}) == 200_000_000
        assert owed(section, 2_000_000, named={"limit": "property"}) == 100_000_000

    @pytest.mark.parametrize(("named", "pointer"), [("limit", "/losses/0/limit"), ("sublimit", "/losses/0/sublimit")])
    def test_an_unknown_one_is_refused(self, named: str, pointer: str) -> None:
        with pytest.raises(Rejected) as refused:
            owed(terms(), 5_000, named={named: "moon"})
        assert [detail.pointer for detail in refused.value.errors] == [pointer]


class TestParts:
    def test_fall_each_under_their_own_limit(self) -> None:
        """A victim is hurt, and their car damaged."""
        section = terms(limits={"bodily": None, "property": 100_000}, deductible=fixed(100, against_third_parties=True))
        found = worked_out(section, Part(500_000, "bodily"), Part(300_000, "property"), third_party=True)
        assert [part.amount for part in found.parts] == [490_000, 100_000]
        assert found.amount == 590_000

    def test_of_each_item_have_each_its_sublimit(self) -> None:
        """Stolen things of 4,000 and 2,000, insured up to 2,500 each."""
        section = terms(limit=8_000, per="cover", deductible=a_share(10, 150))
        found = worked_out(section, Part(400_000, sublimit="each_item"), Part(200_000, sublimit="each_item"))
        assert [(part.deductible, part.amount) for part in found.parts] == [(40_000, 250_000), (20_000, 180_000)]

    def test_share_any_other_sublimit(self) -> None:
        section = terms(per="cover", sublimits={"glass": 30_000})
        found = worked_out(section, Part(40_000, sublimit="glass"), Part(40_000, sublimit="glass"))
        assert [part.amount for part in found.parts] == [30_000, 0]
        assert owed(section, 400, had(20_000, sublimit="glass"), named={"sublimit": "glass"}) == 10_000
        assert (
            owed(
                terms(per="item", sublimits={"glass": 30_000}),
                400,
                had(20_000, sublimit="glass"),
                named={"sublimit": "glass"},
            )
            == 30_000
        )

    def test_come_to_the_same_in_any_order(self) -> None:
        """A share of all that was lost, half of one thing uninsured."""
        section = terms(limit=1_000, per="item", deductible=a_share(10))
        one, other = Part(100_000, sound_value=200_000), Part(100_000)
        sums = {worked_out(section, *parts).amount for parts in ((one, other), (other, one))}
        assert sums == {(500 + 1_000 - 150) * 100}


AMOUNT = st.integers(0, 10**9)
DEDUCTIBLES = st.one_of(
    st.none(),
    st.builds(fixed, st.integers(0, 5_000), applied=st.sampled_from(["before_limit", "after_limit"])),
    st.builds(a_share, st.integers(1, 100), st.integers(1, 500), st.integers(500, 2_000)),
)


class TestPrinciple:
    @given(
        st.lists(st.integers(0, 10**9), min_size=1, max_size=4), st.one_of(st.none(), st.integers(0, 10**6)), DEDUCTIBLES,
        AMOUNT, AMOUNT, AMOUNT, st.booleans(), st.sampled_from(["event", "cover", "person", "item"]),
        st.one_of(st.none(), st.integers(2_001, 10**6)),
    )  # fmt: skip
    def test_never_more_than_the_loss_or_what_is_left_of_the_limit(
        self, losses: list[int], limit: int | None, deductible: dict[str, Any] | None, approved: int, before: int, taken: int,
        third_party: bool, per: str, due: int | None,
    ) -> None:  # fmt: skip
        section = terms(limit, deductible=deductible, per=per)
        parts = [Part(loss) for loss in losses]
        found = worked_out(
            section, *parts, earlier=(had(approved, before, taken),), third_party=third_party, premium_due=due
        )
        for part, loss in zip(found.parts, losses, strict=True):
            assert 0 <= part.amount <= loss
            assert 0 <= part.deductible <= loss
        if limit is not None:
            left = limit * 100 - (approved if per in ("event", "cover") else 0)
            most = found.amount if per in ("event", "cover") else max(part.amount for part in found.parts)
            assert most <= max(left, 0)
