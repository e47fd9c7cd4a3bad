"""Lists as files: what they say is read, and what can't be read is named with its place."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from coverage.domain.faults import Rejected
from coverage.domain.screening import Born
from coverage.gateways import sanctions
from coverage.gateways.sanctions import ListRead, read_list

LISTS = Path(__file__).parents[1] / "sanctions"
HEADING = "id,name,aliases,born_on,kind,programme\n"
ROW = "MU-1,Zoltar Quimbledon,,,person,\n"
OPENING = '<export xmlns="http://eu.europa.ec/fpi/fsd/export">'
ENTITY = '<sanctionEntity logicalId="{0}"><subjectType code="person"/><nameAlias wholeName="Zoltar Quimbledon"/></sanctionEntity>'


def read(tmp_path: Path, content: str | bytes) -> ListRead:
    path = tmp_path / "list"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_list(path)


def refused(tmp_path: Path, content: str | bytes) -> str:
    with pytest.raises(Rejected) as caught:
        read(tmp_path, content)
    assert caught.value.code == "list_broken"
    return caught.value.detail


class TestCsv:
    def test_is_read_with_aliases_and_birth_dates(self) -> None:
        found = read_list(LISTS / "made_up.csv")
        first, second, third = found.entries
        assert (first.reference, first.kind, first.programme) == ("MU-1", "person", "MADE-UP")
        assert first.names == ("Zoltar Quimbledon", "Золтар Квимбледон", "Zoltan Quimble")
        assert first.born == (Born(date(1961, 4, 12), date(1961, 4, 12)),)
        assert second.born == (Born(date(1950, 1, 1), date(1950, 12, 31)), Born(date(1951, 2, 3), date(1951, 2, 3)))
        assert (third.kind, third.born) == ("entity", ())
        assert found.format == "csv"
        assert found.sha256 == hashlib.sha256((LISTS / "made_up.csv").read_bytes()).hexdigest()

    def test_may_come_from_a_spreadsheet(self, tmp_path: Path) -> None:
        text = "\ufeff" + "name,id,kind,born_on,programme,aliases\r\n" + '"Quimbledon, Zoltar",1,,,,\r\n\r\n'
        (entry,) = read(tmp_path, text).entries
        assert (entry.reference, entry.names) == ("1", ("Quimbledon, Zoltar",))

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("", "list: it is empty; expected the columns id,name"),
            (HEADING, "list: no entry in it"),
            ("id,name\n", "list:1: found the columns id,name; expected"),
            (HEADING + ROW + "MU-2,Z Q,,\n", "list:3: 4 cells; expected 6"),
            (HEADING + ROW + "\n,Z Q,,,,\n", "list:4: the id is missing"),
            (HEADING + "MU-2,,,,,\n", "list:2: the name is missing"),
            (HEADING + "MU-2,?!,-,,,\n", "list:2: no name that can be compared"),
            (HEADING + "MU-2,Z Q,,12/04/1961,,\n", "list:2: '12/04/1961' in born_on; expected a day as 1960-05-01"),
            (HEADING + "MU-2,Z Q,,1961-02-30,,\n", "list:2: '1961-02-30' in born_on"),
            (HEADING + "MU-2,Z Q,,0000,,\n", "list:2: '0000' in born_on"),
            (HEADING + "MU-2,Z Q,,,ship,\n", "list:2: 'ship' in kind; expected person or entity"),
            (HEADING + ROW + ROW, "list:3: MU-1 stands twice"),
            (HEADING + 'MU-2,"Z Q,,,\n', "list:2: no CSV"),
            (HEADING + "MU-2,Z\x01 Q,,,,\n", "list:2: a control character"),
            (HEADING + f"MU-2,{'Z' * 1001},,,,\n", "list:2: a text of more than 1000 characters"),
            (HEADING + "MU-2,Z Q," + ";".join(f"Z {n}" for n in range(1000)) + ",,,\n", "list:2: 1,001 names, of 1,000 at most"),
            ((HEADING + "MU-2,Z\xe9 Q,,,,\n").encode("latin-1"), "not UTF-8"),
        ],
    )  # fmt: skip
    def test_is_refused_with_its_line(self, tmp_path: Path, content: str | bytes, words: str) -> None:
        assert words in refused(tmp_path, content)


class TestXml:
    def test_is_read_as_the_union_publishes_it(self) -> None:
        found = read_list(LISTS / "made_up_fsf.xml")
        first, second, third = found.entries
        assert (first.reference, first.kind, first.programme) == ("EU.MU.1", "person", "MADE-UP")
        assert first.names == ("Zoltar Quimbledon", "Золтар Квимбледон")
        # A day; about a year; and a year of another calendar, which isn't compared.
        assert first.born == (
            Born(date(1961, 4, 12), date(1961, 4, 12)), Born(date(1962, 1, 1), date(1964, 12, 31)),
        )  # fmt: skip
        assert (second.reference, second.kind) == ("902", "entity")
        assert second.programme == "MADE-UP, ALSO-MADE-UP"
        assert third.names == ("Brunhilde von Hexenstein",)
        assert third.born == (Born(date(1949, 1, 1), date(1951, 12, 31)),)
        assert found.format == "eu-fsf"
        assert found.sha256 == hashlib.sha256((LISTS / "made_up_fsf.xml").read_bytes()).hexdigest()

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("<list/>", "list: found <list>; expected <export> of http://eu.europa.ec/fpi/fsd/export"),
            ("<export/>", "list: found <export>; expected <export> of"),
            (f"{OPENING}</export>", "list: no entry in it"),
            (f"{OPENING}\n{ENTITY.format(1)}", "list:2:"),
            (f"{OPENING}\n<sanctionEntity></export>", "list:2:"),
            (f"{OPENING}{ENTITY.format(1)}{ENTITY.format(1)}</export>", "list: 1: 1 stands twice"),
            (f"{OPENING}{ENTITY.format('')}</export>", "neither euReferenceNumber nor logicalId"),
            (f"{OPENING}<sanctionEntity logicalId='7'/></export>", "list: 7: no name that can be compared"),
            (OPENING + ENTITY.format(7).replace("</s", "<birthdate birthdate='1961-02-30'/></s") + "</export>",
             "list: 7: a birth date that is none: 1961-02-30"),
            (OPENING + "<a>" * 20, "deeper or longer"),
            (OPENING + "<sanctionEntity>" + "<a/>" * 20_001, "deeper or longer"),
            ('<!DOCTYPE export [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + OPENING + "&b;</export>", "document type"),
            ('<!DOCTYPE export SYSTEM "file:///etc/passwd">' + OPENING + "</export>", "document type"),
        ],
    )  # fmt: skip
    def test_is_refused_with_its_place(self, tmp_path: Path, content: str, words: str) -> None:
        assert words in refused(tmp_path, content)


class TestSize:
    @pytest.mark.parametrize("content", [HEADING + ROW, f"{OPENING}{ENTITY.format(1)}</export>"])
    def test_is_bounded(self, tmp_path: Path, content: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sanctions, "MOST_BYTES", len(content))
        assert read(tmp_path, content).entries
        monkeypatch.setattr(sanctions, "MOST_BYTES", len(content) - 1)
        assert "larger than" in refused(tmp_path, content)

    def test_of_entries_too(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sanctions, "MOST_ENTRIES", 1)
        assert read(tmp_path, HEADING + ROW).entries
        assert "list:3: more than 1 entries" in refused(tmp_path, HEADING + ROW + ROW.replace("MU-1", "MU-2"))
