"""Rule files to break: the project's own, with a snippet replaced, loaded from a folder of the test's."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from coverage.rulebook.editions import Library, load
from coverage.rulebook.format import Edition, TaxFile, Texts
from coverage.rulebook.language.reading import Finding, read_text
from coverage.rulebook.language.shape import typed
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.planning.building import build

RULES = Path(__file__).parents[2] / "pricing_rules"
VEHICLE = "products/off_duty_vehicle/FR/2026-01-01.yaml"
VEHICLE_EXAMPLES = "products/off_duty_vehicle/FR/2026-01-01.examples.yaml"
VEHICLE_TEXTS = "products/off_duty_vehicle/FR/texts.en.yaml"
GOODS = "products/goods_carried/FR/2026-01-01.yaml"
GOODS_EXAMPLES = "products/goods_carried/FR/2026-01-01.examples.yaml"
FRANCE = "taxes/FR.yaml"


@dataclass(frozen=True)
class RuleFolder:
    """A copy of the project's rules, called `rules` in what is said about it."""

    path: Path

    def text(self, file: str) -> str:
        return (self.path / file).read_text(encoding="utf-8")

    def write(self, file: str, text: str | bytes) -> None:
        path = self.path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    def replace(self, file: str, old: str, new: str) -> None:
        """Replaces the one place where `old` stands; a snippet that isn't there would test nothing."""
        text = self.text(file)
        if text.count(old) != 1:
            raise ValueError(f"{old!r} stands {text.count(old)} times in {file}")
        self.write(file, text.replace(old, new))

    def load(self) -> Library:
        return load(self.path, "rules")

    def said(self, file: str | None = None) -> list[str]:
        """What is said of a file (or of all): faults and warnings, as the command prints them."""
        findings = self.load().findings
        return [str(finding) for finding in findings if file is None or finding.place.file == f"rules/{file}"]


def copied(folder: Path, *products: str) -> RuleFolder:
    """The project's rules copied under `folder`; only some products, where they are named."""
    shutil.copytree(RULES, folder / "rules")
    for product in (folder / "rules" / "products").iterdir():
        if products and product.name not in products:
            shutil.rmtree(product)
    return RuleFolder(folder / "rules")


def real(product: str) -> LoadedEdition:
    """The project's own edition of a product."""
    return next(edition for edition in load(RULES, "pricing_rules").editions if edition.product == product)


def edition_of(text: str, taxes: str = "", name: str = "made") -> LoadedEdition:
    """An edition and its taxes from text alone; refused as `build` refuses it."""
    document = read_text(text, name)
    rules = typed(document, Edition)
    found: list[Finding] = []
    plan = build(document, rules, found.append)
    if found:
        raise ValueError("\n".join(str(finding) for finding in found))
    texts: dict[str, Texts] = {}
    return LoadedEdition(name, document, rules, plan, typed(read_text(taxes or TAXES, "taxes"), TaxFile), texts)


TAXES = """
country: FR
source: a law
premium_tax:
  full: [{from: 2020-01-01, rate: "0.20"}, {from: 2027-01-01, rate: "0.21"}]
  part: [{from: 2020-01-01, rate: "0.19", on_share: "0.85"}]
  half: [{from: 2020-01-01, rate: "0.05"}]
  none: [{from: 2020-01-01, rate: "0"}]
levies:
  - {name: Fund, source: a decree, on: full, rates: [{from: 2020-01-01, rate: "0.012"}]}
  - {name: Terror, source: another decree, once_per: cover, per_contract: [{from: 2020-01-01, amount: 0.65 EUR}]}
  - {name: Master, source: another decree, once_per: master_policy, per_contract: [{from: 2020-01-01, amount: 9 EUR}]}
"""


def said_at(folder: RuleFolder, file: str, start: int, expected: tuple[str, ...]) -> str:
    """A finding as it is printed: its place is where its anchor stands, from the line of `start` on."""
    anchor, message, *elsewhere = expected
    where = elsewhere[0] if elsewhere else file
    text = folder.text(where)
    begin = 0 if elsewhere or anchor.startswith("^") else text.rfind("\n", 0, start) + 1
    at = text.index(anchor.removeprefix("^"), begin)
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return f"rules/{where}:{line}:{column}: {message}"
