"""Reading: text with positions, nothing guessed, nothing that explodes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from coverage.rulebook.format import Edition, ExampleFile
from coverage.rulebook.language.reading import MAX_BYTES, Document, Unreadable, read_file, read_text
from coverage.rulebook.language.shape import typed


def said(text: str) -> list[str]:
    """What is said of a text that is refused."""
    with pytest.raises(Unreadable) as refused:
        read_text(text, "f")
    return [str(finding) for finding in refused.value.findings]


def place_of(document: Document, *loc: str | int, key: bool = False) -> tuple[int, int]:
    place = document.place(loc, key=key)
    return place.line, place.column


class TestReading:
    def test_counts_lines_and_columns_from_one_in_block_style(self) -> None:
        document = read_text("a: 1\nb:\n  c:\n    - x\n    - é: y\n", "f")
        assert place_of(document, "a") == (1, 4)
        assert place_of(document, "b", "c", key=True) == (3, 3)
        assert place_of(document, "b", "c", 0) == (4, 7)
        assert place_of(document, "b", "c", 1, "é") == (5, 10)
        assert str(document.place(("a",))) == "f:1:4"

    def test_counts_lines_and_columns_from_one_in_flow_style(self) -> None:
        document = read_text('a: {b: [x, "é", z],\n    c: y}\n', "f")
        assert place_of(document, "a", "b", 0) == (1, 9)
        assert place_of(document, "a", "b", 2) == (1, 17)
        assert place_of(document, "a", "c", key=True) == (2, 5)

    def test_finds_the_nearest_thing_around_what_is_missing(self) -> None:
        assert place_of(read_text("a: {b: 1}\n", "f"), "a", "nothing", 3) == (1, 4)

    @pytest.mark.parametrize(
        ("text", "offset", "expected"),
        [
            ("a: x < y\n", 4, (1, 8)),
            ("a: 'x < y'\n", 4, (1, 9)),
            ('a: "x < y"\n', 4, (1, 9)),
            ("a: >-\n  x <\n  y\n", 4, (1, 4)),  # a text over several lines has no columns
        ],
    )
    def test_finds_a_sign_within_a_text(self, text: str, offset: int, expected: tuple[int, int]) -> None:
        place = read_text(text, "f").within(("a",), offset)
        assert (place.line, place.column) == expected

    @pytest.mark.parametrize("written", ["NO", "yes", "1:30", "1,5", "0x10", "010", "1e3", "~", "null", "2026-01-01"])
    def test_leaves_what_is_typed_as_text(self, written: str) -> None:
        assert read_text(f"a: {written}\n", "f").plain() == {"a": written}

    def test_refuses_a_key_that_stands_twice(self) -> None:
        assert said("a: 1\nb: {c: 1, c: 2}\na: 3\n") == [
            'f:2:11: "c" stands here again; expected it once, as on line 2',
            'f:3:1: "a" stands here again; expected it once, as on line 1',
        ]

    def test_refuses_a_billion_laughs_without_laughing(self) -> None:
        lines = ["l0: &l0 [ha]"] + [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 10)]
        began = time.perf_counter()
        found = said("\n".join(lines))
        assert time.perf_counter() - began < 1
        assert found[0] == "f:1:5: an anchor or alias (l0); expected the value written out"
        assert len(found) > 80

    @pytest.mark.parametrize("tag", ["!!python/object:os.system", "!!python/object/apply:os.system", "!!int", "!x"])
    def test_refuses_every_tag(self, tag: str) -> None:
        (found,) = said(f"a: {tag} b\n")
        assert found.startswith("f:1:4: the tag ")
        assert found.endswith("; expected a plain value")

    def test_refuses_tabs_where_they_stand(self) -> None:
        assert said("a:\n\tb: 1\nc: d\te\n") == [
            "f:2:1: a tab; expected spaces",
            "f:3:5: a tab; expected spaces",
        ]

    @pytest.mark.parametrize(("sign", "name"), [("\x00", "0000"), ("\x1b", "001B"), ("\ud800", "D800")])
    def test_refuses_signs_that_cannot_be_read_where_they_stand(self, sign: str, name: str) -> None:
        assert said(f"a: 1\nb: x{sign}\n") == [f"f:2:5: a sign that can't be read (U+{name}); expected plain text"]

    @pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "just words\n", '"quoted"\n'])
    def test_refuses_a_file_without_keys(self, text: str) -> None:
        (found,) = said(text)
        assert found.endswith("the file holds no keys; expected `key: value` lines")

    def test_refuses_a_second_document(self) -> None:
        assert said("a: 1\n---\nb: 2\n") == ["f:2:1: a second document; expected one a file"]

    def test_refuses_a_list_as_a_key(self) -> None:
        assert said("? [a, b]\n: c\n") == ["f:1:3: a list or mapping as a key; expected a word"]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("a: b: c\n", "f:1:5: a colon where none can stand; expected text with a colon in quotes, or a new line"),
            ("a: [b, c\n", "f:2:1: a list that isn't closed, or lacks a comma; expected [one, two]"),
            ("a: {b: c\nd: e}\n", None),
            ('a: "b\n', "f:2:1: a quote that isn't closed; expected the closing one"),
            ("a: @b\n", "f:1:4: text can't begin with this sign; expected it in quotes"),
            ("a: 1\n  b: 2\n", None),
            ("a:\n  - b\n c\n", None),
            ("a: - b\n", "f:1:4: a dash where none can stand; expected it on a line of its own"),
        ],
    )
    def test_says_what_is_wrong_with_the_yaml_in_plain_words(self, text: str, words: str | None) -> None:
        found = said(text)
        assert all("; expected " in one and one.startswith("f:") for one in found)
        assert words is None or words in found

    @pytest.mark.parametrize(
        "text",
        [
            "a: " + "[" * 100_000,
            "a: " + "[" * 100_000 + "]" * 100_000,
            "{a: " * 50_000,
            "- " * 100_000,
            "? " * 100_000,
            "".join(" " * n + f"k{n}:\n" for n in range(600)),
            "a: " + "'" * 200_001,
            "x" * 200_000,
            "a: " + "{" * 200_000,
            "a: &a " * 30_000,
            "[[]," * 60_000,
        ],
        ids=lambda text: text[:8],
    )
    def test_refuses_what_is_nested_deeply_at_once(self, text: str) -> None:
        began = time.perf_counter()
        said(text)
        assert time.perf_counter() - began < 1

    def test_takes_a_file_of_256_kb_and_refuses_one_a_byte_larger(self, tmp_path: Path) -> None:
        head = b"a: "
        path = tmp_path / "f.yaml"
        path.write_bytes(head + b"x" * (MAX_BYTES - len(head)))
        assert len(read_file(path, "f").text) == MAX_BYTES
        path.write_bytes(head + b"x" * (MAX_BYTES - len(head) + 1))
        with pytest.raises(Unreadable, match="f:1:1: the file is larger than 256 kB"):
            read_file(path, "f")
        with pytest.raises(Unreadable, match="f:1:1: the text is larger than 256 kB"):
            read_text("a: " + "é" * (MAX_BYTES // 2), "f")

    def test_refuses_bytes_that_are_no_utf_8_on_their_line(self, tmp_path: Path) -> None:
        path = tmp_path / "f.yaml"
        path.write_bytes("a: 1\nb: déjà\n".encode("latin-1"))
        with pytest.raises(Unreadable, match="f:2:1: these bytes are no UTF-8 text; expected the file saved as UTF-8"):
            read_file(path, "f")

    def test_reads_a_file_that_begins_with_a_byte_order_mark(self, tmp_path: Path) -> None:
        path = tmp_path / "f.yaml"
        path.write_bytes(b"\xef\xbb\xbfa: 1\n")
        assert read_file(path, "f").plain() == {"a": "1"}

    def test_refuses_a_list_where_keys_belong_and_keys_where_a_list_belongs(self) -> None:
        with pytest.raises(Unreadable, match="f:1:1: a list; expected `key: value` lines"):
            typed(read_text("- a\n", "f"), Edition)
        with pytest.raises(Unreadable, match="f:1:1: `key: value` lines; expected a list, each entry with a dash"):
            typed(read_text('"@list": []\n', "f"), ExampleFile)
