"""Lists of those whose assets are frozen, as files: a CSV of our own, and the European Union's consolidated list.

The EU publishes its list as "Financial Sanctions Files (FSF)", export xmlFullSanctionsList 1.1: a root `export` in the
namespace below, in it a `sanctionEntity` for each, whose facts stand in attributes of its children.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from coverage.domain.faults import Rejected
from coverage.domain.screening import Born, Entry, Kind, words_of

COLUMNS: Final = ("id", "name", "aliases", "born_on", "kind", "programme")
NAMESPACE: Final = "{http://eu.europa.ec/fpi/fsd/export}"
MOST_BYTES: Final = 256 * 1024 * 1024
MOST_ENTRIES: Final = 250_000
MOST_NAMES: Final = 1000  # of one entry
LONGEST_TEXT: Final = 1000
DEEPEST: Final = 10
MOST_ELEMENTS: Final = 20_000  # of one entry

_DAY: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_YEAR: Final = re.compile(r"\d{4}")
_UNFIT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class ListRead:
    """What a file holds: its entries, and the SHA-256 of its bytes in hexadecimal."""

    entries: tuple[Entry, ...]
    sha256: str
    format: str  # eu-fsf or csv


def read_list(path: Path) -> ListRead:
    """Reads a file as what it is by its first sign; raises `Rejected` ("list_broken") with the place, and OSError."""
    with path.open("rb") as file:
        measured = _Measured(file)
        reader = io.BufferedReader(measured)
        try:
            is_xml = reader.peek(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
            entries = tuple(_checked(_from_xml(reader) if is_xml else _from_csv(reader)))
        except _Broken as fault:
            raise Rejected("list_broken", f"{path.name}{fault}") from None
        except _TooLarge:
            raise Rejected("list_broken", f"{path.name}: larger than {MOST_BYTES:,} bytes") from None
    return ListRead(entries, measured.digest.hexdigest(), "eu-fsf" if is_xml else "csv")


class _Broken(Exception):
    """What is wrong, as it goes on behind the file's name: `:12: words`, or `: words`."""


class _TooLarge(Exception):
    """More bytes than are taken."""


class _Measured(io.RawIOBase):
    """A file that is hashed and counted while it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._left, self.digest = file, MOST_BYTES, hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        found = self._file.read(len(buffer))
        self._left -= len(found)
        if self._left < 0:
            raise _TooLarge
        self.digest.update(found)
        buffer[: len(found)] = found
        return len(found)


def _checked(entries: Iterator[tuple[str, Entry]]) -> Iterator[Entry]:
    """The entries, each with its place, of which none may stand twice and one must be there."""
    places: dict[str, str] = {}
    for place, entry in entries:
        if entry.reference in places:
            raise _Broken(f"{place}: {entry.reference} stands twice; expected each entry once")
        if len(places) >= MOST_ENTRIES:
            raise _Broken(f"{place}: more than {MOST_ENTRIES:,} entries")
        places[entry.reference] = place
        yield entry
    if not places:
        raise _Broken(": no entry in it; expected a list with at least one")


def _entry(place: str, reference: str, names: list[str], born: list[Born], kind: Kind, programme: str) -> Entry:
    texts = [reference, programme, *names]
    if any(_UNFIT.search(text) for text in texts):
        raise _Broken(f"{place}: a control character in a text")
    if any(len(text) > LONGEST_TEXT for text in texts):
        raise _Broken(f"{place}: a text of more than {LONGEST_TEXT} characters")
    # One that holds no letter, as "?" or "-", stands for a name that nobody knows.
    known = tuple(dict.fromkeys(name for name in names if words_of(name)))
    if not known:
        raise _Broken(f"{place}: no name that can be compared")
    if len(known) > MOST_NAMES:
        raise _Broken(f"{place}: {len(known):,} names, of {MOST_NAMES:,} at most")
    return Entry(reference, known, tuple(dict.fromkeys(born)), kind, programme)


# --------------------------------------------------------------------------------------------------- CSV


def _from_csv(reader: io.BufferedReader[_Measured]) -> Iterator[tuple[str, Entry]]:
    lines = csv.reader(io.TextIOWrapper(reader, encoding="utf-8-sig", newline=""), strict=True)
    wanted = f"expected the columns {','.join(COLUMNS)}"
    try:
        heading = next(lines, None)
        if heading is None:
            raise _Broken(f": it is empty; {wanted}")
        if sorted(heading) != sorted(COLUMNS):
            raise _Broken(f":1: found the columns {','.join(heading)[:200]}; {wanted}")
        for cells in lines:
            place = f":{lines.line_num}"
            if not cells:
                continue
            if len(cells) != len(heading):
                raise _Broken(f"{place}: {len(cells)} cells; expected {len(heading)}")
            yield place, _from_row(place, dict(zip(heading, (cell.strip() for cell in cells), strict=True)))
    except csv.Error as error:
        raise _Broken(f":{lines.line_num}: no CSV: {error}") from None
    except UnicodeDecodeError:
        raise _Broken(f":{lines.line_num + 1}: not UTF-8 from about here on") from None


def _from_row(place: str, row: dict[str, str]) -> Entry:
    for column in ("id", "name"):
        if not row[column]:
            raise _Broken(f"{place}: the {column} is missing")
    kind: Kind
    match row["kind"]:
        case "person" | "":
            kind = "person"
        case "entity":
            kind = "entity"
        case other:
            raise _Broken(f"{place}: {other!r} in kind; expected person or entity")
    names = [row["name"], *(alias.strip() for alias in row["aliases"].split(";"))]
    born = [_born(place, text.strip()) for text in row["born_on"].split(";") if text.strip()]
    return _entry(place, row["id"], names, born, kind, row["programme"])


def _born(place: str, text: str) -> Born:
    try:
        if _YEAR.fullmatch(text):
            return Born(date(int(text), 1, 1), date(int(text), 12, 31))
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text)
            return Born(day, day)
    except ValueError:
        pass
    raise _Broken(f"{place}: {text!r} in born_on; expected a day as 1960-05-01, a year, or several between semicolons")


# --------------------------------------------------------------------------------------------------- XML


def _from_xml(reader: io.BufferedReader[_Measured]) -> Iterator[tuple[str, Entry]]:
    depth, elements = 0, 0
    root: Element | None = None
    try:
        # No document type at all: neither entities that grow nor files from elsewhere.
        for event, element in iterparse(reader, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                depth, elements = depth + 1, elements + 1
                if root is None:
                    root = _root(element)
                if depth > DEEPEST or elements > MOST_ELEMENTS:
                    raise _Broken(": an entry that is deeper or longer than the list's are")
            else:
                depth -= 1
                if depth == 1 and root is not None:
                    elements = 0
                    if element.tag == f"{NAMESPACE}sanctionEntity":
                        yield _from_entity(element)
                    root.clear()
    except ParseError as error:
        line, column = error.position
        raise _Broken(f":{line}:{column + 1}: no XML: {str(error).partition(':')[0]}") from None
    except DefusedXmlException:
        raise _Broken(": it declares a document type, which the list doesn't; refused") from None


def _root(element: Element) -> Element:
    if element.tag != f"{NAMESPACE}export":
        raise _Broken(f": found <{element.tag[:200]}>; expected <export> of {NAMESPACE[1:-1]}")
    return element


def _from_entity(element: Element) -> tuple[str, Entry]:
    reference = element.get("euReferenceNumber", "").strip() or element.get("logicalId", "").strip()
    if not reference:
        raise _Broken(": a sanctionEntity with neither euReferenceNumber nor logicalId")
    place = f": {reference}"
    names = [_name(alias) for alias in element.iter(f"{NAMESPACE}nameAlias")]
    born = [span for told in element.iter(f"{NAMESPACE}birthdate") if (span := _span(place, told))]
    subject = element.find(f"{NAMESPACE}subjectType")
    kind: Kind = "person" if subject is not None and subject.get("code") == "person" else "entity"
    programmes = dict.fromkeys(told.get("programme", "") for told in element.iter(f"{NAMESPACE}regulation"))
    return place, _entry(place, reference, names, born, kind, ", ".join(filter(None, programmes)))


def _name(alias: Element) -> str:
    parts = " ".join(filter(None, (alias.get(part, "").strip() for part in ("firstName", "middleName", "lastName"))))
    return alias.get("wholeName", "").strip() or parts


def _span(place: str, told: Element) -> Born | None:
    """From when to when; None where the file says nothing that could be compared."""
    if told.get("calendarType", "GREGORIAN") != "GREGORIAN":
        return None
    day, year = told.get("birthdate", "")[:10], told.get("year", "")
    first, last = told.get("yearRangeFrom", "") or year, told.get("yearRangeTo", "") or year
    try:
        if _DAY.fullmatch(day):
            born = date.fromisoformat(day)
            span = Born(born, born)
        elif _YEAR.fullmatch(first) and _YEAR.fullmatch(last):
            span = Born(date(int(first), 1, 1), date(int(last), 12, 31))
        else:
            return None
        if told.get("circa") == "true":
            # About then: a year more on both sides.
            return Born(date(span.first.year - 1, 1, 1), date(span.last.year + 1, 12, 31))
    except ValueError:
        raise _Broken(f"{place}: a birth date that is none: {day or f'{first} to {last}'}") from None
    return span
