"""Findings as SARIF 2.1.0 (OASIS standard, Static Analysis Results Interchange Format), which code review shows beside
the lines of a pull request.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from coverage.rulebook.language.reading import Finding

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"

HELP: Final = (
    "The message says what was found and what was expected in its place. `coverage rules check` says the same before "
    "anything is pushed."
)

# What each kind of finding is about. Kinds that pydantic names itself are faults of a file's shape.
KINDS: Final = {
    "accumulate": "A cap that leaves out its own product",
    "against_victims": "A deductible against victims that the law forbids",
    "anchor": "An anchor or alias of YAML",
    "band": "A band that can't be read",
    "bound": "A bound that can't be read",
    "cents": "An amount that isn't in whole cents",
    "code": "A code that means a decline here and a referral there",
    "comma": "A figure that a comma parts in two",
    "condition": "A condition that is none",
    "country": "A country that there isn't",
    "currency": "Money in another currency than the edition's",
    "deductible": "A deductible whose bounds cross",
    "default": "A default that its own input refuses",
    "depth": "Too many levels inside each other",
    "documents": "More than one YAML document in a file",
    "doubtful_amount": "An amount whose point could be meant to part thousands",
    "duplicate": "Something that stands twice",
    "empty": "Nothing to read",
    "encoding": "A file that isn't UTF-8",
    "exemption": "An exemption without its law, or a law without its exemption",
    "expect": "A worked price that expects what can't be",
    "expression": "An expression that can't be read, or compares what can't be compared",
    "extra_forbidden": "A key that means nothing here",
    "falls": "A price that falls when the term or a value rises",
    "form": "A part in none of its forms",
    "forward_share": "A share of a section that comes later",
    "gap": "Something that no row covers",
    "grace": "A grace longer than the shortest cover",
    "io": "A file that can't be opened",
    "jump": "A step of over 50 % between neighbouring bands",
    "key": "A key that isn't a word",
    "keyed": "A part that doesn't say what it is",
    "layer": "A layer that isn't right",
    "legal_minimum": "A limit under the legal minimum",
    "length": "A prefix of no such length",
    "limit": "A limit that isn't right",
    "literal_error": "A word that none of the possible ones is",
    "misnamed": "A file that isn't named after what it holds",
    "missing": "A key that is missing",
    "negative": "Money that could be under zero",
    "no_examples": "An edition without worked prices",
    "no_file": "A table's file that can't be read",
    "no_folder": "A folder that there isn't",
    "no_match": "A row that can't match",
    "no_surcharge": "A surcharge that the law expects and no section bears",
    "no_tax_rate": "A day or class without a tax rate",
    "no_text": "Words that are missing in a language",
    "notation": "A figure or moment that isn't in its notation",
    "operand": "A step with a figure of the wrong kind",
    "optional": "An optional input whose absence isn't thought of",
    "order": "Rows or steps out of order",
    "overflow": "A price that could pass 64 bits",
    "overlap": "Bands that overlap",
    "period": "A window that isn't right",
    "personal": "A rule on a personal fact",
    "publication": "An edition that takes effect sooner than the running offers end",
    "quote": "A quote that can't be bound",
    "raise": "An input that can't be raised",
    "refund": "A refund that can't be meant so",
    "reserved": "A name that is in use already",
    "round_gross": "A gross premium raised to too large a multiple",
    "sex": "A price that depends on a person's sex (Directive 2004/113/EC art. 5)",
    "sign": "A sign that can't be read",
    "slip": "A factor of nothing, or far below the others",
    "stray": "A file that nothing reads",
    "string_pattern_mismatch": "A name that isn't spelt as names are",
    "tab": "A tab",
    "table": "A table whose form doesn't fit its key",
    "tag": "A tag of YAML",
    "term": "A term that can't be sold",
    "timezone": "A time zone that there isn't",
    "too_big": "A file that is too large",
    "too_early": "A worked price from before its edition",
    "unknown_name": "A name that means nothing",
    "unreached": "Something that no risk can reach",
    "untouched": "A row, choice or condition that no worked price touches",
    "unused": "An input, derived value or table that nothing uses",
    "unverified": "A rate whose source was not read",
    "unwritten": "Words that nobody has written yet, of a product on sale",
    "yaml": "A file that can't be read as YAML",
}


def sarif_log(findings: Sequence[Finding], root: Path) -> dict[str, Any]:
    """The findings as a SARIF log. Files under `root`, the repository's folder, are named relative to it."""
    codes = sorted({finding.code for finding in findings})
    driver = {
        "name": "coverage rules check",
        "version": version("sharecover"),
        "rules": [_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code), root) for finding in findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    # What pydantic names besides is told in the finding's own message.
    kind = KINDS.get(code) or code.replace("_", " ").capitalize()
    # GitHub's code scanning asks for all three texts.
    return {
        "id": code,
        "shortDescription": {"text": kind},
        "fullDescription": {"text": f"{kind}."},
        "help": {"text": HELP},
    }


def _result(finding: Finding, rule: int, root: Path) -> dict[str, Any]:
    place = finding.place
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": "warning" if finding.warning else "error",
        "message": {"text": finding.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _location(place.file, root),
                    "region": {"startLine": place.line, "startColumn": place.column},
                }
            }
        ],
    }


def _location(file: str, root: Path) -> dict[str, str]:
    path = (root / file).resolve()
    if path.is_relative_to(root.resolve()):
        return {"uri": quote(path.relative_to(root.resolve()).as_posix()), "uriBaseId": "%SRCROOT%"}
    return {"uri": path.as_uri()}
