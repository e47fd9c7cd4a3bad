"""YAML read as text with positions: every scalar stays the text that was typed until a schema types it.

YAML's own guesses (`NO` is false, `1:30` is ninety) never happen here, because nothing is resolved. Anchors
and tags are refused: a rule file says what it means where it means it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

import yaml

from coverage.rulebook.language.respelling import figures_respelt

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 24
MAX_FINDINGS: Final = 100

# A path inside a document: keys and positions, as pydantic's `loc` gives them.
Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: a file, a line and a column, both counted from one."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something wrong (a fault) or doubtful (a warning) at a place, said to an underwriter."""

    place: Place
    message: str
    code: str = "format"
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {'warning: ' if self.warning else ''}{self.message}"


class Unreadable(Exception):
    """Rule files with faults. `findings` holds all of them, in the files' order."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(sorted(set(findings)))
        super().__init__("\n".join(str(finding) for finding in self.findings))


@dataclass(slots=True)
class Node:
    """A scalar (`text`), a mapping (`entries`) or a sequence (`items`), with the place where it begins."""

    place: Place
    text: str | None = None
    inset: int | None = 0  # where the text itself begins after `place`; None where it runs over lines
    entries: dict[str, tuple[Place, Node]] | None = None
    items: list[Node] | None = None

    def plain(self) -> Any:
        """The same as dicts, lists and text, for a schema to type."""
        if self.entries is not None:
            return {key: node.plain() for key, (_, node) in self.entries.items()}
        if self.items is not None:
            return [node.plain() for node in self.items]
        return self.text


@dataclass(frozen=True, slots=True)
class Document:
    """A rule file: its name as people know it, its text, and its tree of positioned nodes."""

    file: str
    text: str
    root: Node = field(repr=False)

    def plain(self) -> Any:
        return self.root.plain()

    def place(self, loc: Loc, *, key: bool = False) -> Place:
        """Where `loc` stands, or the nearest thing around it that exists; with `key` the key's own place.

        Steps that begin with "@" name no part of the file (they are a schema's inner tags) and are passed over.
        """
        node, found = self.root, self.root.place
        steps = [step for step in loc if not str(step).startswith("@")]
        for index, step in enumerate(steps):
            if node.entries is not None and str(step) in node.entries:
                key_place, node = node.entries[str(step)]
                found = key_place if key and index == len(steps) - 1 else node.place
            elif node.items is not None and isinstance(step, int) and step < len(node.items):
                node = node.items[step]
                found = node.place
            else:
                break
        return found

    def within(self, loc: Loc, offset: int) -> Place:
        """The place of a character of the text at `loc`; the text's own place where it runs over lines."""
        node = self.node(loc)
        inset = node.inset if node is not None else None
        place = self.place(loc)
        return place if inset is None else Place(place.file, place.line, place.column + inset + offset)

    def node(self, loc: Loc) -> Node | None:
        """What stands at `loc`, if anything does."""
        node: Node | None = self.root
        for step in loc:
            if node is None:
                return None
            if node.entries is not None:
                node = node.entries.get(str(step), (None, None))[1]
            elif node.items is not None and isinstance(step, int) and step < len(node.items):
                node = node.items[step]
            else:
                return None
        return node

    def finding(self, loc: Loc, message: str, code: str, *, key: bool = False, warning: bool = False) -> Finding:
        return Finding(self.place(loc, key=key), message, code, warning)


def read_file(path: Path, name: str) -> Document:
    """The rule file at `path`, called `name` in what is said about it.

    Raises `Unreadable` when it is too big, is no UTF-8 or no YAML of the plain kind used here.
    """
    with path.open("rb") as handle:
        raw = handle.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 1024} kB; expected a smaller one, with big tables in CSV"
        raise Unreadable([Finding(Place(name, 1, 1), message, "too_big")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        message = "these bytes are no UTF-8 text; expected the file saved as UTF-8"
        raise Unreadable([Finding(Place(name, line, 1), message, "encoding")]) from None
    return read_text(text, name)


def read_text(text: str, name: str) -> Document:
    """`text` as a document called `name`; raises `Unreadable` with all that is wrong with its YAML."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        message = f"the text is larger than {MAX_BYTES // 1024} kB; expected a smaller one"
        raise Unreadable([Finding(Place(name, 1, 1), message, "too_big")])
    findings = list(_unwanted(text, name))
    if findings:
        raise Unreadable(findings)
    tree = _Tree(name)
    try:
        for event in yaml.parse(text, Loader=yaml.CBaseLoader):
            tree.take(event)
    except _Enough:
        pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        words = _bracket_words([*text.split("\n"), ""][line - 1 :], column - 1) or _yaml_words(error)
        tree.findings.append(Finding(Place(name, line, column), words, "yaml"))
    tree.findings += [Finding(place, _parted_words(figure), "comma") for place, figure in tree.parted.items()]
    if not tree.findings and (tree.root is None or tree.root.text is not None):
        place = tree.root.place if tree.root else Place(name, 1, 1)
        tree.findings.append(Finding(place, "the file holds no keys; expected `key: value` lines", "yaml"))
    if tree.findings or tree.root is None:
        raise Unreadable(tree.findings[:MAX_FINDINGS])
    return Document(name, text, tree.root)


def canonical_json(value: object) -> str:
    """One text for one value, to hash: keys sorted, no spaces, nothing escaped that need not be."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


# Signs that YAML has no place for (a tab it has, but editors show it as spaces, and its lines then lie).
_UNWANTED: Final = re.compile("[^\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _unwanted(text: str, name: str) -> Iterator[Finding]:
    """The first unwanted sign of each line."""
    lines = enumerate(text.removeprefix("\ufeff").split("\n"), start=1)
    found = ((number, match) for number, line in lines if (match := _UNWANTED.search(line)))
    for number, match in islice(found, MAX_FINDINGS):
        sign, place = match[0], Place(name, number, match.start() + 1)
        if sign == "\t":
            yield Finding(place, "a tab; expected spaces", "tab")
        else:
            yield Finding(place, f"a sign that can't be read (U+{ord(sign):04X}); expected plain text", "sign")


# What libyaml says, in words for those who write the files.
_YAML_WORDS: Final = {
    "did not find expected key": "this doesn't stand as its neighbours do; expected `key: value`, aligned with them",
    "did not find expected '-' indicator": "this doesn't stand as its neighbours do; expected a dash, aligned with them",
    "did not find expected ',' or ']'": "a list that isn't closed, or lacks a comma; expected [one, two]",
    "did not find expected ',' or '}'": "a mapping that isn't closed, or lacks a comma; expected {key: value, key: value}",
    "did not find expected node content": "a sign where a value should stand; expected a value",
    "could not find expected ':'": "a key without its colon; expected `key: value`",
    "mapping values are not allowed in this context": "a colon where none can stand; expected text with a colon in quotes, or a new line",
    "block sequence entries are not allowed in this context": "a dash where none can stand; expected it on a line of its own",
    "found character that cannot start any token": "text can't begin with this sign; expected it in quotes",
    "found unexpected ':'": "a colon without a value behind it; expected a space and the value",
    "found unexpected end of stream": "a quote that isn't closed; expected the closing one",
    "found unexpected document indicator": "--- or ... inside a quote; expected the closing quote before it",
    "found unknown escape character": "a backslash that means nothing here; expected two of them, or single quotes around the text",
}


def _yaml_words(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "no YAML"
    return _YAML_WORDS.get(problem, f"this can't be read as YAML ({problem}); expected it as the guide shows")


def _bracket_words(lines: Sequence[str], column: int) -> str:
    """That a share of sections stands in quotes inside of braces, where the first line can't be read for that."""
    line = lines[0] if lines else ""
    share, names = re.search(r"[\d.,]+ ?% of $", line[:column]), re.match(r"\[[^\]{}]*\]", line[column:])
    if not share or not names:
        return ""
    return f'{share[0]}{names[0]} inside of braces; expected it in quotes: "{share[0]}{names[0]}"'


def _parted_words(figure: str) -> str:
    return f'a comma parts "{figure}" in two inside of braces; expected {figures_respelt(figure)}'


def _inset(event: yaml.ScalarEvent) -> int | None:
    """How far after its first sign a text begins: the quote is passed; a text over several lines has no columns."""
    if event.start_mark is None or event.end_mark is None or event.start_mark.line != event.end_mark.line:
        return None
    return {None: 0, "": 0, "'": 1, '"': 1}.get(event.style)


class _Enough(Exception):
    """Reading on would tell nothing more."""


class _Tree:
    """Builds the tree from YAML's events, without recursion, and notes each thing that it refuses."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root: Node | None = None
        self.findings: list[Finding] = []
        self.stack: list[tuple[Node, list[tuple[Place, str]]]] = []  # open node, its waiting key
        # Figures that a comma parts in two inside of braces, `{a: 1,25}`, by the place where each begins.
        self.parted: dict[Place, str] = {}
        self.figure: tuple[Node, Place, str] | None = None  # the last value of a mapping, where it ends in a digit

    def take(self, event: yaml.Event) -> None:
        mark = event.start_mark
        place = Place(self.name, mark.line + 1, mark.column + 1) if mark else Place(self.name, 1, 1)
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor:
            self._refuse(place, f"an anchor or alias ({anchor}); expected the value written out", "anchor")
        if tag and not (isinstance(event, yaml.ScalarEvent) and tag == "!"):
            self._refuse(place, f"the tag {tag}; expected a plain value", "tag")
        if isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            self._refuse(place, "a second document; expected one a file", "documents")
        elif isinstance(event, yaml.MappingStartEvent):
            self._open(Node(place, entries={}))
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open(Node(place, items=[]))
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self.stack.pop()
        elif isinstance(event, yaml.ScalarEvent):
            self._put(Node(place, text=event.value, inset=_inset(event)))
        elif isinstance(event, yaml.AliasEvent):
            self._put(Node(place, text=""))

    def _refuse(self, place: Place, message: str, code: str) -> None:
        self.findings.append(Finding(place, message, code))
        if len(self.findings) >= MAX_FINDINGS:
            raise _Enough

    def _open(self, node: Node) -> None:
        self._put(node)
        self.stack.append((node, []))
        if len(self.stack) > MAX_DEPTH:
            self._refuse(node.place, f"more than {MAX_DEPTH} levels inside each other; expected fewer", "depth")
            raise _Enough

    def _put(self, node: Node) -> None:
        if not self.stack:
            self.root = self.root or node
            return
        parent, waiting = self.stack[-1]
        if parent.items is not None:
            parent.items.append(node)
        elif not waiting:
            if node.text is None:
                self._refuse(node.place, "a list or mapping as a key; expected a word", "key")
            waiting.append((node.place, node.text or ""))
        else:
            place, key = waiting.pop()
            if self._goes_on(parent, place, key, node):
                return
            entries: dict[str, tuple[Place, Node]] = parent.entries if parent.entries is not None else {}
            if key in entries:
                first = entries[key][0]
                self._refuse(
                    place, f'"{key}" stands here again; expected it once, as on line {first.line}', "duplicate"
                )
            entries[key] = (place, node)

    def _goes_on(self, parent: Node, place: Place, key: str, node: Node) -> bool:
        """Whether a key without a colon is the rest of the figure before it; notes what that may begin."""
        alone = node.text == "" and (node.place.line, node.place.column) == (place.line, place.column + len(key))
        if alone and key[:1].isdigit() and self.figure is not None and self.figure[0] is parent:
            _, begins, before = self.figure
            self.parted[begins] = f"{before},{key}"
            self.figure = parent, begins, self.parted[begins]
            return True
        text = node.text or ""
        self.figure = (parent, node.place, text) if text[-1:].isdigit() else None
        return False
