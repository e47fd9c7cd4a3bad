"""The tidy test: what the house asks of every file, held by a machine. Each check is fed a bad sample too."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path

import pytest

import coverage
from tests.conftest import ROOT

SRC = ROOT / "src" / "coverage"
LOCKS = sorted(ROOT.glob("requirements*.lock"))
NPM_LOCKS = sorted(ROOT.glob("clients/*/package-lock.json"))

LONGEST_FILE, LONGEST_FUNCTION = 500, 70
# Names that say nothing about what stands in the room.
EMPTY_NAMES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "manager",
    "managers",
    "common",
    "base",
    "service",
    "services",
    "misc",
}
MONEY_NAMES = {
    word + plural
    for word in ("premium", "amount", "price", "tax", "gross", "net", "limit", "deductible", "fee", "commission")
    for plural in ("", "s", "es")
}
CLOCKS = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp)\s*\(|\b(current_timestamp|localtimestamp)\b",
    re.IGNORECASE,
)
# Homebrew's folder on Linux is everybody's.
SOMEBODYS_FOLDER = re.compile(r"(?<![\w.*])/(?:home/(?!linuxbrew/)|Users/|root/|work/)\w")

TOP_LEVEL = {
    "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "dev", "pricing_rules", "policy_templates", "docker", "docs",
    "benchmarks", "clients", "examples", "tests", "src", "requirements.lock", "requirements-dev.lock", "requirements-postgres.lock",
    ".ci", ".gitignore", ".dockerignore", ".github",
}  # fmt: skip


# ------------------------------------------------------------------------------------------ the checks


def lines_too_many(source: str) -> Iterator[str]:
    """A file that is too long."""
    count = source.count("\n")
    if count > LONGEST_FILE:
        yield f"{count} lines, of {LONGEST_FILE} at most"


def functions_too_long(source: str) -> Iterator[str]:
    """Functions that are too long."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            count = node.end_lineno - node.lineno + 1
            if count > LONGEST_FUNCTION:
                yield f"{node.lineno}: {node.name} has {count} lines, of {LONGEST_FUNCTION} at most"


def floats_near_money(source: str) -> Iterator[str]:
    """Money that is annotated, made, divided or printed as a float."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.AnnAssign(target=target, annotation=annotation) if _is_float(annotation) and _is_money(target):
                yield f"{node.lineno}: {ast.unparse(target)} is annotated as a float"
            case ast.arg(arg=name, annotation=annotation) if _is_float(annotation) and _is_money(ast.Name(name)):
                yield f"{node.lineno}: {name} is annotated as a float"
            case ast.FunctionDef(name=name, returns=returns) if _is_float(returns) and _is_money(ast.Name(name)):
                yield f"{node.lineno}: {name} answers a float"
            case ast.Call(func=ast.Name(id="float"), args=arguments) if any(_is_money(one) for one in arguments):
                yield f"{node.lineno}: {ast.unparse(node)}"
            case ast.BinOp(left=left, op=ast.Div()) if _is_money(left):
                yield f"{node.lineno}: {ast.unparse(node)}"
            case ast.FormattedValue(value=value, format_spec=ast.JoinedStr(values=[ast.Constant(value=str(spec))])) if (
                spec.endswith(("f", "e", "g", "%")) and _is_money(value)
            ):
                yield f"{node.lineno}: {ast.unparse(value)} is printed as {spec}"


def _is_float(annotation: ast.expr | None) -> bool:
    return annotation is not None and any(
        isinstance(node, ast.Name) and node.id == "float" for node in ast.walk(annotation)
    )


def _is_money(expression: ast.expr) -> bool:
    """Whether something in an expression is named after money, be it a key."""
    names = []
    for node in ast.walk(expression):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
                names.append(name)
    return any(MONEY_NAMES & set(name.lower().split("_")) for name in names)


def undocumented(source: str) -> Iterator[str]:
    """Public modules, classes and functions of a module without a docstring. A class of fields alone has said it all."""
    tree = ast.parse(source)
    if not ast.get_docstring(tree):
        yield "1: the module"
    for node in tree.body:
        match node:
            case ast.ClassDef(name=name, body=body) if all(isinstance(one, ast.AnnAssign | ast.Assign) for one in body):
                continue
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if (
                not name.startswith("_") and not ast.get_docstring(node)
            ):
                yield f"{node.lineno}: {name}"


def clocks_in_database(source: str) -> Iterator[str]:
    """Where a migration lets the database tell the time: tests and tenants have clocks of their own."""
    for number, line in enumerate(source.splitlines(), 1):
        if CLOCKS.search(line):
            yield f"{number}: {line.strip()}"


def folders_of_somebody(source: str) -> Iterator[str]:
    """Paths of one developer's machine."""
    for number, line in enumerate(source.splitlines(), 1):
        if SOMEBODYS_FOLDER.search(line):
            yield f"{number}: {line.strip()}"


def coverage_py_locked(source: str) -> Iterator[str]:
    """Packages that bring coverage.py in, which has our package's name."""
    for number, line in enumerate(source.splitlines(), 1):
        if re.match(r"(coverage|pytest[-_.]cov)\b(?!-)", line, re.IGNORECASE):
            yield f"{number}: {line.strip()}"


def addresses_locked(source: str) -> Iterator[str]:
    """Addresses in a lock: it serves everybody, whatever index they install from."""
    for number, line in enumerate(source.splitlines(), 1):
        if "://" in line:
            yield f"{number}: {line.strip()}"


def named_emptily(paths: Iterable[Path]) -> list[Path]:
    """Modules and packages whose name says nothing."""
    return [path for path in paths if any(EMPTY_NAMES & set(Path(part).stem.split("_")) for part in path.parts)]


def left_out_of_package(files: Iterable[Path], folder: Path, patterns: Iterable[str]) -> list[Path]:
    """Files that the package needs and an installed one wouldn't have."""
    taken = {path for pattern in patterns for path in folder.glob(pattern)}
    return [path for path in files if path.suffix not in (".py", ".pyc") and path not in taken]


# ------------------------------------------------------------------------------------------ what is checked


def project_files() -> list[Path]:
    """What belongs to the project: what git keeps, and what is new and not ignored."""
    told = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [path for name in told.stdout.split("\0") if name and (path := ROOT / name).is_file()]


PYTHON = sorted(SRC.rglob("*.py"))
MIGRATIONS = sorted((SRC / "storage" / "migrations" / "versions").glob("*.py"))
Check = Callable[[str], Iterator[str]]


def found_in(paths: Iterable[Path], check: Check) -> list[str]:
    """All that a check objects to, with its place."""
    return [f"{path.relative_to(ROOT)}:{found}" for path in paths for found in check(path.read_text(encoding="utf-8"))]


class TestName:
    def test_is_ours(self) -> None:
        assert Path(coverage.__file__).is_relative_to(ROOT / "src")

    def test_is_nobody_elses_here(self) -> None:
        installed = {distribution.name.lower() for distribution in metadata.distributions()}
        assert not {"coverage", "pytest-cov"} & installed
        assert "sharecover" in installed


class TestLocks:
    def test_are_there(self) -> None:
        assert len(LOCKS) == 3

    def test_bring_no_coverage_py(self) -> None:
        assert found_in(LOCKS, coverage_py_locked) == []

    def test_name_no_address(self) -> None:
        assert found_in([*LOCKS, *ROOT.glob("benchmarks/*.lock"), *ROOT.glob("clients/*.lock")], addresses_locked) == []
        # In npm's, whom to thank for a package is told by an address too; where it comes from mustn't be.
        # npm adds who wants to be funded, and where: it goes out again by hand.
        assert [lock for lock in NPM_LOCKS if "://" in lock.read_text(encoding="utf-8")] == []

    def test_of_npm_are_of_exact_versions(self) -> None:
        assert NPM_LOCKS
        for lock in NPM_LOCKS:
            asked = json.loads(lock.with_name("package.json").read_text())
            wanted = asked.get("dependencies", {}) | asked.get("devDependencies", {})
            assert wanted
            assert {one for one in wanted.values() if not re.fullmatch(r"\d+\.\d+\.\d+", one)} == set(), lock


class TestSource:
    @pytest.mark.parametrize("check", [lines_too_many, functions_too_long, floats_near_money, undocumented])
    def test_holds_to_the_house(self, check: Check) -> None:
        assert len(PYTHON) > 50
        assert found_in(PYTHON, check) == []

    def test_has_rooms_with_a_name(self) -> None:
        assert named_emptily(path.relative_to(SRC) for path in PYTHON) == []

    def test_leaves_the_time_to_the_service(self) -> None:
        assert MIGRATIONS
        assert found_in(MIGRATIONS, clocks_in_database) == []

    def test_is_packaged_whole(self) -> None:
        patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"][
            "coverage"
        ]
        ours = [path for path in project_files() if path.is_relative_to(SRC)]
        assert {".html", ".css", ".po", ".woff2"} <= {path.suffix for path in ours}
        assert left_out_of_package(ours, SRC, patterns) == []


class TestProject:
    def test_has_the_rooms_that_the_plan_lists(self) -> None:
        assert {path.relative_to(ROOT).parts[0] for path in project_files()} - TOP_LEVEL == set()

    def test_names_nobodys_folder(self) -> None:
        texts = [path for path in project_files() if _is_text(path)]
        assert len(texts) > 100
        assert found_in(texts, folders_of_somebody) == []


def _is_text(path: Path) -> bool:
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    return True


class TestChecks:
    """That each can fail; and that it lets the right thing pass."""

    @pytest.mark.parametrize(
        ("check", "bad"),
        [
            (lines_too_many, "x = 1\n" * 501),
            (functions_too_long, "def f():\n" + "    x = 1\n" * 70),
            (functions_too_long, "class C:\n    async def f(self):\n" + "        x = 1\n" * 70),
            (floats_near_money, "gross: float = 0"),
            (floats_near_money, "class C:\n    tax_total: float | None"),
            (floats_near_money, "def f(limits: list[float]): ..."),
            (floats_near_money, "def f(*, net_premium: float): ..."),
            (floats_near_money, "def gross(cover) -> float: ..."),
            (floats_near_money, "x = float(cover.amount)"),
            (floats_near_money, "x = float(price['gross'] + 1)"),
            (floats_near_money, "x = gross['amount'] / 100"),
            (floats_near_money, "f'{premium:.2f}'"),
            (undocumented, "x = 1"),
            (undocumented, '"""Module."""\ndef f(): ...'),
            (undocumented, '"""Module."""\nclass C:\n    x: int\n    def f(self): ...'),
            (clocks_in_database, "created_at timestamptz DEFAULT now()"),
            (clocks_in_database, "CHECK (at < CURRENT_TIMESTAMP)"),
            (clocks_in_database, "sa.func.NOW ()"),
            (folders_of_somebody, "see " + "/home" + "/camille/sharecover"),
            (folders_of_somebody, "open('" + "/Users" + "/camille')"),
            (coverage_py_locked, "coverage==7.6.1 \\\n"),
            (coverage_py_locked, "Coverage[toml]==7.6.1"),
            (coverage_py_locked, "pytest_cov==6.0"),
            (addresses_locked, "--index-url " + "https:" + "//packages.example/simple"),
        ],
    )
    def test_object(self, check: Check, bad: str) -> None:
        assert list(check(bad))

    @pytest.mark.parametrize(
        ("check", "good"),
        [
            (lines_too_many, "x = 1\n" * 500),
            (functions_too_long, "def f():\n" + "    x = 1\n" * 69),
            (floats_near_money, "seconds: float = 0.5\nx = float(seconds) / 2\nf'{seconds:.2f}'"),
            (floats_near_money, "gross: int = 0\nx = gross // 100\nf'{gross:>8}'"),
            (floats_near_money, "path = folder / 'net'"),
            (undocumented, '"""Module."""\ndef _f(): ...\nclass _C: ...\nclass Fields:\n    x: int'),
            (clocks_in_database, "known_now boolean, current_date_of text"),
            (folders_of_somebody, "/usr/lib/postgresql, /home/linuxbrew/.linuxbrew, https://example.org/home/page"),
            (coverage_py_locked, "coverage-version==1.0\n# via coverage"),
        ],
    )
    def test_let_the_right_thing_pass(self, check: Check, good: str) -> None:
        assert list(check(good)) == []

    @pytest.mark.parametrize("name", ["utils.py", "web/helpers.py", "storage/base/tables.py", "web/http_utils.py"])
    def test_object_to_an_empty_name(self, name: str) -> None:
        assert named_emptily([Path(name)])

    def test_object_to_a_file_that_is_left_out(self, tmp_path: Path) -> None:
        for name in ("page.html", "font.woff2", "code.py"):
            (tmp_path / name).touch()
        assert left_out_of_package(tmp_path.iterdir(), tmp_path, ["**/*.html"]) == [tmp_path / "font.woff2"]
