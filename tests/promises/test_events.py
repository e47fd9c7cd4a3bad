"""Promise 22: whatever is changed in a sealed log, `verify events` names the place."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from coverage.domain.chain import Fault
from coverage.operations import verifying
from tests.logs import Log, a_log
from tests.promises.trial import Trial, promise

FACTS = 40
# What keeps everyone from changing a sealed row. Its owner can take that away, and then do as it likes.
UNGUARD = """
    ALTER TABLE facts DISABLE TRIGGER USER; ALTER TABLE seals DISABLE TRIGGER USER;
    ALTER TABLE facts NO FORCE ROW LEVEL SECURITY; ALTER TABLE seals NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE seals DROP CONSTRAINT seals_tenant_id_fact_id_fkey; ALTER TABLE seals DROP CONSTRAINT seals_position_check;
    ALTER TABLE facts DROP CONSTRAINT facts_tenant_id_fkey;
"""
LETTERS = string.ascii_lowercase + string.digits


@dataclass
class Sealed:
    """A sealed fact as the test knows it."""

    position: int
    tenant_id: str
    fact_id: str


@dataclass
class Harm:
    """What was done to the log, and what has to be found: the first place, and all that were touched."""

    name: str
    kinds: set[str]  # what the first place may be told as
    at: int
    touched: set[int] = field(default_factory=set)
    facts: set[str] = field(default_factory=set)  # ids that must be named


class Harmer:
    """Does harm to a log as the database's owner, in a transaction that is rolled back."""

    def __init__(self, connection: Connection, rows: list[Sealed], chance: random.Random) -> None:
        self.connection, self.rows, self.random = connection, rows, chance

    def any(self) -> Harm:
        """One harm of those there are."""
        harms: list[Callable[[], Harm]] = [
            *[partial(self.fact_column, column) for column in FACT_COLUMNS],
            *[partial(self.seal_column, column) for column in SEAL_COLUMNS],
            self.fact_renamed, self.fact_removed, self.seal_removed, self.both_removed,
            self.facts_swapped, self.seals_swapped, self.hashes_swapped, self.tail_cut,
        ]  # fmt: skip
        return self.random.choice(harms)()

    def fact_column(self, column: str) -> Harm:
        row = self.random.choice(self.rows)
        before = self._one(f"SELECT {column}::text FROM facts WHERE id = :id", id=row.fact_id)  # noqa: S608
        if column.endswith("_at"):
            self._set("facts", f"{column} = {column} + :by * interval '1 microsecond'", row, by=self._byte(7))
        elif column == "data":
            self._set("facts", "data = CAST(:value AS jsonb)", row, value=self._other_json(before))
        else:
            self._set("facts", f"{column} = :value", row, value=self._other_text(before))
        return Harm(f"a fact's {column}", {"content_changed"}, row.position, {row.position}, {row.fact_id})

    def seal_column(self, column: str) -> Harm:
        row = self.random.choice(self.rows)
        kinds, facts = {"fact_missing"}, {row.fact_id}
        match column:
            case "hash":
                place, kinds = self.random.randrange(32), {"seal_changed"}
                change = f"hash = set_byte(hash, {place}, get_byte(hash, {place}) # {self.random.randint(1, 255)})"
                self._set("seals", change, row)
            case "sealed_at":
                kinds = {"content_changed"}
                self._set("seals", "sealed_at = sealed_at + :by * interval '1 microsecond'", row, by=self._byte(7))
            case "position":
                taken = {one.position for one in self.rows}
                while (other := row.position ^ self._byte(7)) in taken:
                    pass
                other *= self.random.choice((1, 1, -1))
                self._set("seals", "position = :value", row, value=other)
                kinds, facts = {"seal_missing", "cut_off"}, set()
            case _:
                before = row.tenant_id if column == "tenant_id" else row.fact_id
                self._set("seals", f"{column} = :value", row, value=self._other_text(before))
        return Harm(f"a seal's {column}", kinds, row.position, {row.position}, facts)

    def fact_renamed(self) -> Harm:
        row, column = self.random.choice(self.rows), self.random.choice(("id", "tenant_id"))
        before = row.fact_id if column == "id" else row.tenant_id
        others = [one.tenant_id for one in self.rows if one.tenant_id != row.tenant_id]
        value = self._other_text(before) if column == "id" else self.random.choice([*others, self._other_text(before)])
        self._set("facts", f"{column} = :value", row, value=value)
        return Harm(f"a fact's {column}", {"fact_missing"}, row.position, {row.position}, {row.fact_id})

    def fact_removed(self) -> Harm:
        row = self.random.choice(self.rows)
        self._do("DELETE FROM facts WHERE id = :id", id=row.fact_id)
        return Harm("a fact removed", {"fact_missing"}, row.position, {row.position}, {row.fact_id})

    def seal_removed(self) -> Harm:
        row = self.random.choice(self.rows)
        self._do("DELETE FROM seals WHERE fact_id = :id", id=row.fact_id)
        kinds = {"cut_off"} if row is self.rows[-1] else {"seal_missing"}
        return Harm("a seal removed", kinds, row.position, {row.position}, {row.fact_id})

    def both_removed(self) -> Harm:
        row = self.random.choice(self.rows)
        for table, column in (("seals", "fact_id"), ("facts", "id")):
            self._do(f"DELETE FROM {table} WHERE {column} = :id", id=row.fact_id)  # noqa: S608
        kinds = {"cut_off"} if row is self.rows[-1] else {"seal_missing"}
        return Harm("a fact and its seal removed", kinds, row.position, {row.position})

    def facts_swapped(self) -> Harm:
        one, other = self._two()
        columns = "kind, subject, actor, happened_at, recorded_at, data"
        self._do(
            f"UPDATE facts f SET ({columns}) = (SELECT {columns} FROM facts o WHERE o.id = "  # noqa: S608
            "CASE f.id WHEN :one THEN :other ELSE :one END) WHERE f.id IN (:one, :other)",
            one=one.fact_id, other=other.fact_id,
        )  # fmt: skip
        kinds = {"content_changed", "changed"}
        return Harm("two facts swapped", kinds, one.position, {one.position, other.position}, {one.fact_id})

    def seals_swapped(self) -> Harm:
        one, other = self._two()
        self._set("seals", "position = -1", one)
        self._set("seals", "position = :value", other, value=one.position)
        self._set("seals", "position = :value", one, value=other.position)
        kinds = {"content_changed", "seal_changed", "changed"}
        return Harm("two seals swapped", kinds, one.position, {one.position, other.position}, {other.fact_id})

    def hashes_swapped(self) -> Harm:
        one, other = self._two()
        hashes = [self._one("SELECT hash FROM seals WHERE fact_id = :id", id=row.fact_id) for row in (one, other)]
        self._set("seals", "hash = :value", one, value=hashes[1])
        self._set("seals", "hash = :value", other, value=hashes[0])
        return Harm("two hashes swapped", {"seal_changed"}, one.position, {one.position, other.position}, {one.fact_id})

    def tail_cut(self) -> Harm:
        cut = self.rows[-self.random.randint(1, len(self.rows)) :]
        self._do("DELETE FROM seals WHERE position >= :from_", from_=cut[0].position)
        name, facts = "the tail cut off", {row.fact_id for row in cut}
        match self.random.choice(("seals alone", "with its facts", "to be sealed anew")):
            case "with its facts":
                facts = set()
                self._do("DELETE FROM facts WHERE id = ANY(:ids)", ids=[row.fact_id for row in cut])
            case "to be sealed anew":
                facts = set()
                for row in cut:
                    self._do(
                        "INSERT INTO unsealed (tenant_id, fact_id) VALUES (:tenant, :id)", tenant=row.tenant_id, id=row.fact_id
                    )  # fmt: skip
        return Harm(name, {"cut_off"}, cut[0].position, {cut[0].position}, facts)

    def _two(self) -> tuple[Sealed, Sealed]:
        first, second = sorted(self.random.sample(range(len(self.rows)), 2))
        if self.random.random() < 0.3:
            second = min(first + 1, len(self.rows) - 1)
            first = second - 1
        return self.rows[first], self.rows[second]

    def _byte(self, of: int) -> int:
        """A change of one byte of a number of so many bytes."""
        return self.random.randint(1, 255) << 8 * self.random.randrange(of)

    def _other_text(self, before: str) -> str:
        place = self.random.randrange(len(before))
        other = self.random.choice([letter for letter in LETTERS if letter != before[place]])
        return before[:place] + other + before[place + 1 :]

    def _other_json(self, before: str) -> str:
        while True:
            other = self._other_text(before)
            try:
                if json.dumps(json.loads(other), sort_keys=True) != json.dumps(json.loads(before), sort_keys=True):
                    return other
            except ValueError:
                continue

    def _set(self, table: str, change: str, row: Sealed, **values: Any) -> None:
        column = "id" if table == "facts" else "fact_id"
        self._do(f"UPDATE {table} SET {change} WHERE {column} = :id_", id_=row.fact_id, **values)  # noqa: S608

    def _do(self, statement: str, **values: Any) -> None:
        assert self.connection.execute(text(statement), values).rowcount > 0, statement

    def _one(self, statement: str, **values: Any) -> Any:
        return self.connection.scalar(text(statement), values)


FACT_COLUMNS = ("kind", "subject", "actor", "happened_at", "recorded_at", "data")
SEAL_COLUMNS = ("position", "tenant_id", "fact_id", "hash", "sealed_at")


@pytest.fixture
def log(fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """Forty sealed facts of three tenants, anchored at some places and at the end, with some that wait; unguarded."""
    monkeypatch.setattr(verifying, "PAGE", 7)
    with a_log(fresh_database_url, tmp_path) as log:
        for number in range(FACTS):
            data = {"cover": f"cov_{number}", "flags": ["late_notice"], "count": number, "note": 'é\u2028𐐷"\\\n'}
            log.record(log.tenants[number * 7 % 3], data)
            if number % 9 == 8:
                log.seal(limit=6)
        log.seal()
        log.record(log.tenants[0])
        with log.owner.engine.begin() as connection:
            for statement in UNGUARD.split(";")[:-1]:
                connection.execute(text(statement))
        yield log


def the_sealed(log: Log) -> list[Sealed]:
    with log.queue.outside() as session:
        rows = session.execute(text("SELECT position, tenant_id, fact_id FROM seals ORDER BY position"))
        return [Sealed(*row) for row in rows]


@contextmanager
def as_worker(connection: Connection) -> Iterator[Session]:
    """The transaction that harmed the log, as the worker sees it."""
    with Session(connection, join_transaction_mode="create_savepoint") as session, session.begin():
        session.execute(text("SELECT set_config('sharecover.tenant', '', true)"))
        yield session


def judge(harm: Harm, faults: list[Fault]) -> None:
    """That the first fault is where the first harm was done, that all harm is named, and little else."""
    told = [str(fault) for fault in faults]
    placed = [fault for fault in faults if fault.position is not None]
    # One that was moved to where no seal can be is told of there too.
    first = next(fault for fault in placed if fault.kind != "misplaced")
    assert (first.position, first.kind in harm.kinds) == (harm.at, True), told
    assert harm.facts <= {fault.fact_id for fault in faults}, told
    named = {fault.position for fault in placed if fault.kind != "not_proven"}
    behind = {fault.position for fault in placed if fault.kind == "not_proven"}
    assert harm.touched <= named | behind, told
    suspected = {place for place in behind - harm.touched if place is not None and place <= FACTS}
    assert all(place - 1 in harm.touched for place in suspected), told


class TestSealedLog:
    @promise(
        22, "whatever is changed, removed, swapped or cut off in a sealed log, `verify events` names the place",
        unit="harms", small=40, full=1000,
        provokes=("a fact's data", "a seal's hash", "a fact removed", "a seal removed", "two facts swapped", "the tail cut off"),
    )  # fmt: skip
    def test_tells_where_it_was_harmed(self, log: Log, trial: Trial) -> None:
        rows = the_sealed(log)
        assert [row.position for row in rows] == list(range(1, FACTS + 1))
        verdict, faults = log.verify()
        assert (faults, verdict.verified, verdict.waiting, verdict.anchored) == ([], FACTS, 1, FACTS)
        for _ in trial.each():
            with log.owner.engine.connect() as connection:
                harm = Harmer(connection, rows, trial.random).any()
                connection.execute(text("SET LOCAL ROLE sharecover_worker"))
                judge(harm, log.verify(partial(as_worker, connection))[1])
                connection.rollback()
            trial.met(harm.name)
        assert log.verify()[1] == [], "every harm was undone"
