"""The chain of seals: what is hashed, and how a broken stretch is read."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from coverage.domain.chain import (
    GENESIS,
    READINGS,
    Anchor,
    Content,
    Fault,
    Link,
    Unreadable,
    Walk,
    hash_of,
    instant_text,
)

AT = "2026-11-21T09:30:00Z"


def a_content(number: int) -> Content:
    return Content(
        "par_1:test", f"evt_{number}", "cover.issued", f"cov_{number}", "key_1", AT, AT, '{"quote": "quo_1"}'
    )


def chain(length: int, previous: bytes = GENESIS) -> list[Link]:
    """Links 1 to `length`, each as it should be."""
    links = []
    for position in range(1, length + 1):
        content = a_content(position)
        previous = hash_of(previous, position, AT, content)
        links.append(Link(position, content.tenant_id, content.fact_id, previous, AT, content))
    return links


def changed(link: Link) -> Link:
    """Its fact says something else."""
    assert link.content is not None
    return replace(link, content=replace(link.content, actor="nobody"))


def an_anchor(link: Link) -> Anchor:
    return Anchor(link.position, link.hash, datetime(2026, 11, 21, tzinfo=UTC))


def faults(links: list[Link], *anchors: Anchor | Unreadable) -> list[tuple[str, int | None]]:
    walk = Walk(anchors)
    found: list[Fault] = []
    for link in links:
        found += walk.take(link)
    return [(fault.kind, fault.position) for fault in found + walk.finish()]


class TestBegunLate:
    """What is said of the time before the first anchor."""

    @pytest.mark.parametrize(
        ("anchored", "seconds", "until"),
        [
            ((3,), 0, None), ((3,), 10, None), ((5,), -3600, None),  # noted right after the seals, by whatever clock
            ((3, 5), 3600, 3), ((1,), 3600, 1), ((5,), 3600, 5),
        ],
    )  # fmt: skip
    def test_names_what_was_sealed_long_before(
        self, anchored: tuple[int, ...], seconds: int, until: int | None
    ) -> None:
        links = chain(5)
        at = datetime.fromisoformat(AT) + timedelta(seconds=seconds)
        walk = Walk(replace(an_anchor(links[position - 1]), at=at) for position in anchored)
        assert [fault for link in links for fault in walk.take(link)] + walk.finish() == []
        assert walk.begun_late == (Fault("anchor_begun_late", 1, until) if until else None)

    def test_leaves_out_the_seal_that_it_was_noted_with(self) -> None:
        links = [replace(link, sealed_at="2026-11-22T09:30:00Z" if link.position == 5 else AT) for link in chain(5)]
        walk = Walk([replace(an_anchor(links[4]), at=datetime(2026, 11, 22, 9, 30, 1, tzinfo=UTC))])
        for link in links:
            walk.take(link)
        assert walk.begun_late == Fault("anchor_begun_late", 1, 4)

    def test_passes_by_a_time_that_is_none(self) -> None:
        links = [replace(link, sealed_at="infinityZ") for link in chain(2)]
        walk = Walk([an_anchor(links[1])])
        assert [fault for link in links for fault in walk.take(link)] + walk.finish() != []
        assert walk.begun_late is None


class TestHash:
    def test_is_what_it_always_was(self) -> None:
        """Another value would make every log that is kept look harmed."""
        content = Content(
            "par_1:live", "evt_1", "claim.created", "clm_1", "key_1", "2026-11-21T09:30:00.12Z", AT,
            '{"b": ["é", "\\u2028", true, null], "a": {"𐐷": 1, "\ue000": -9007199254740991}}',
        )  # fmt: skip
        found = hash_of(bytes(range(32)), 7, "2026-11-21T09:31:00.5Z", content)
        # U+10437 stands before U+E000: RFC 8785 sorts by UTF-16.
        written = (
            '["000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f","7","2026-11-21T09:31:00.5Z","par_1:live",'
            '"evt_1","claim.created","clm_1","key_1","2026-11-21T09:30:00.12Z","2026-11-21T09:30:00Z",'
            '{"a":{"𐐷":1,"\ue000":-9007199254740991},"b":["é","\u2028",true,null]}]'
        )
        assert found == hashlib.sha256(written.encode()).digest()

    def test_does_not_hang_on_how_data_is_written_down(self) -> None:
        one, other = (
            replace(a_content(1), data=data) for data in ('{"a": 1, "b": [true, "é"]}', '{"b":[true,"\\u00e9"],"a":1}')
        )
        assert hash_of(GENESIS, 1, AT, one) == hash_of(GENESIS, 1, AT, other)

    @pytest.mark.parametrize(
        "data", ['{"a": 1.0}', '{"a": 1e0}', '{"a": "1"}', '{"a": true}', '[{"a": 1}]', '{"a": 10}']
    )
    def test_tells_one_value_from_another(self, data: str) -> None:
        one, other = replace(a_content(1), data='{"a": 1}'), replace(a_content(1), data=data)
        assert hash_of(GENESIS, 1, AT, one) != hash_of(GENESIS, 1, AT, other)

    def test_takes_any_data_that_a_column_can_hold(self) -> None:
        for data in ("[" * 5000 + "]" * 5000, '{"a": 1e400}', f'{{"a": {10**400}}}', "null"):
            assert len(hash_of(GENESIS, 1, AT, replace(a_content(1), data=data))) == 32

    @pytest.mark.parametrize(
        ("instant", "text"),
        [
            (datetime(2026, 11, 21, 9, 30, tzinfo=UTC), "2026-11-21T09:30:00Z"),
            (datetime(2026, 11, 21, 9, 30, 0, 120_000, tzinfo=UTC), "2026-11-21T09:30:00.12Z"),
            (datetime(2026, 11, 21, 9, 30, 10, 1, tzinfo=UTC), "2026-11-21T09:30:10.000001Z"),
            (datetime(2026, 11, 21, 9, 30, tzinfo=timezone(timedelta(hours=2))), "2026-11-21T07:30:00Z"),
        ],
    )
    def test_writes_instants_as_the_database_does(self, instant: datetime, text: str) -> None:
        assert instant_text(instant) == text


class TestWalk:
    def test_finds_nothing_in_a_whole_chain(self) -> None:
        links = chain(9)
        assert faults(links) == []
        assert faults(links, an_anchor(links[3]), an_anchor(links[8])) == []
        assert faults([]) == []

    def test_tells_a_changed_fact_from_a_changed_hash(self) -> None:
        for place in range(8):
            links = chain(9)
            assert faults([*links[:place], changed(links[place]), *links[place + 1 :]]) == [
                ("content_changed", place + 1)
            ]
            other = replace(links[place], hash=bytes(32))
            assert faults([*links[:place], other, *links[place + 1 :]]) == [("seal_changed", place + 1)]

    def test_needs_an_anchor_to_tell_them_apart_at_the_end(self) -> None:
        links = chain(3)
        end = an_anchor(links[2])
        assert faults([*links[:2], changed(links[2])]) == [("changed", 3)]
        assert faults([*links[:2], changed(links[2])], end) == [("content_changed", 3)]
        assert faults([*links[:2], replace(links[2], hash=bytes(32))], end) == [("seal_changed", 3)]
        assert faults([*links[:2], replace(changed(links[2]), hash=bytes(32))], end) == [("changed", 3)]

    def test_does_not_accuse_what_it_cannot_prove(self) -> None:
        links = chain(6)
        both = replace(changed(links[2]), hash=bytes(32))
        assert faults([*links[:2], both, *links[3:]]) == [("changed", 3), ("not_proven", 4)]
        assert faults([*links[:2], both, *links[3:]], an_anchor(links[2])) == [("changed", 3)]
        assert faults([*links[:2], *links[3:]]) == [("seal_missing", 3), ("not_proven", 4)]
        assert faults([*links[:2], *links[3:]], an_anchor(links[2])) == [("seal_missing", 3)]
        assert faults(links[3:]) == [("seal_missing", 1), ("not_proven", 4)]

    def test_goes_on_behind_a_fact_that_is_missing(self) -> None:
        links = chain(5)
        assert faults([*links[:2], replace(links[2], content=None), *links[3:]]) == [("fact_missing", 3)]
        assert faults([*links[:4], replace(links[4], content=None)]) == [("fact_missing", 5)]

    def test_names_each_of_many_in_a_row(self) -> None:
        links = chain(60)
        found = faults([changed(link) for link in links[:50]] + links[50:])
        assert [position for _, position in found] == list(range(1, 51))
        walk = Walk([])
        for link in links[:50]:
            walk.take(changed(link))
            assert len(walk._readings) <= READINGS
            assert all(len(reading.faults) <= READINGS + 1 for reading in walk._readings)

    def test_names_a_tail_that_was_cut_off(self) -> None:
        links = chain(9)
        assert faults(links[:6], an_anchor(links[3]), an_anchor(links[8])) == [("cut_off", 7)]
        assert faults([], an_anchor(links[8])) == [("cut_off", 1)]
        assert faults(links[:8], an_anchor(links[7])) == [], "what no anchor knows of is known to nobody"

    def test_names_where_a_chain_that_was_made_anew_leaves_its_anchors(self) -> None:
        links, anew = chain(9), chain(9, previous=bytes([1] * 32))
        forged = replace(a_content(4), actor="nobody")
        other, previous = links[:3], links[2].hash
        for position in range(4, 10):
            content = forged if position == 4 else a_content(position)
            previous = hash_of(previous, position, AT, content)
            other.append(Link(position, content.tenant_id, content.fact_id, previous, AT, content))
        assert faults(other) == []
        assert faults(other, an_anchor(links[1]), an_anchor(links[5])) == [("anchor_disagrees", 6)]
        assert faults(other, an_anchor(links[2]), an_anchor(links[8])) == [("anchor_disagrees", 9)]
        assert faults(anew) == [("content_changed", 1)], "it must begin at the beginning"

    def test_names_lines_of_the_anchor_that_are_none(self) -> None:
        links = chain(5)
        assert faults(links, Unreadable(1), an_anchor(links[3])) == [("anchor_unreadable", None)]
        back = faults(links, an_anchor(links[3]), an_anchor(links[1]), an_anchor(links[4]))
        assert back == [("anchor_unreadable", 2)]

    def test_says_it_in_words(self) -> None:
        walk = Walk([])
        for link in [*chain(2), replace(chain(5)[4], content=None)]:
            for fault in walk.take(link):
                assert str(fault) == "positions 3 to 4: seal missing"
        assert [str(fault) for fault in walk.finish()] == [
            "position 5, fact evt_5, tenant par_1:test: fact missing: it was recorded, and isn't there any more"
        ]
        assert str(Fault("anchor_unreadable", line=7)).startswith("line 7 of the anchor: ")
