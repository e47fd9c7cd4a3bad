"""The library of editions: every rule file read, checked and compiled; the good ones on sale, the broken ones named.

pricing_rules/products/off_duty_vehicle/FR/2026-01-01.yaml   an edition, with its examples and texts beside it
pricing_rules/taxes/FR.yaml                                  the country's taxes
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from coverage.domain.faults import Missing, Rejected
from coverage.rulebook.checking import (
    check,
    check_examples,
    check_publication,
    check_taxes,
    plan_of,
    unused_texts,
    unwritten_texts,
)
from coverage.rulebook.checking.texts import LANGUAGES
from coverage.rulebook.format import Edition, Example, ExampleFile, TaxFile, Texts
from coverage.rulebook.language.expressions import nearest
from coverage.rulebook.language.notation import quoted
from coverage.rulebook.language.reading import (
    Document,
    Finding,
    Place,
    Unreadable,
    read_file,
    read_text,
)
from coverage.rulebook.language.shape import typed
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.planning.building import build

MAX_TABLE_BYTES: Final = 1024 * 1024
SHEETS: Final = {".csv", ".tsv", ".xls", ".xlsx", ".ods"}  # what tables are kept in
EDITION_NAME: Final = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}(\d{2})?)?")


@dataclass(frozen=True, slots=True)
class Library:
    """All editions of a folder, with what is wrong in it."""

    editions: tuple[LoadedEdition, ...]
    findings: tuple[Finding, ...]
    taxes: Mapping[str, TaxFile] = field(default_factory=dict)
    drafts: tuple[LoadedEdition, ...] = ()  # lack nothing but their worked prices: not for sale, but they can be tried

    @property
    def with_drafts(self) -> Library:
        """The library as it would be with its drafts on sale, to try their prices."""
        return replace(self, editions=self.editions + self.drafts, drafts=())

    @property
    def faults(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if not finding.warning)

    @property
    def broken_files(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(finding.place.file for finding in self.faults))

    def products(self) -> tuple[str, ...]:
        return tuple(sorted({edition.product for edition in self.editions}))

    def of(self, product: str, country: str | None = None) -> tuple[LoadedEdition, ...]:
        """A product's editions, the latest first; raises `Missing` where there is none."""
        found = [e for e in self.editions if e.product == product and country in (None, e.country)]
        if not found:
            known = nearest(product, self.products()) if product not in self.products() else "another country"
            raise Missing(
                "unknown_product",
                f"there is no product {quoted(product)}"
                + (f" in {country}" if country else "")
                + f"; expected {known}",
            )
        return tuple(sorted(found, key=lambda edition: edition.effective_at, reverse=True))

    def in_force(self, product: str, country: str | None, asked_at: datetime, starts_at: datetime) -> LoadedEdition:
        """The edition that prices a cover asked for at `asked_at` to begin at `starts_at`.

        Raises `Missing` for an unknown product, `Rejected` ("not_on_sale", "country_needed") otherwise.
        """
        found = self.of(product, country)
        countries = sorted({edition.country for edition in found})
        if len(countries) > 1:
            raise Rejected("country_needed", f"{product} is sold in {', '.join(countries)}; say which country")
        for edition in found:
            when = asked_at if edition.rules.applies_to == "quotes" else starts_at
            if edition.rules.withdrawn is None and edition.effective_at <= when:
                if edition.rules.sale == "stopped":
                    break
                return edition
        raise Rejected("not_on_sale", f"{product} isn't on sale at that time")


def load(folder: Path, shown_as: str | None = None) -> Library:
    """Reads, checks and compiles every edition under `folder`. Faults are findings: nothing is raised for them."""
    return _Loader(folder, shown_as or str(folder)).library()


def revive(kept_text: str, name: str) -> LoadedEdition:
    """An edition from its kept text alone, to replay a price; its taxes come with the quote."""
    files: dict[str, str] = {}
    if kept_text.startswith('{"edition":'):
        bundle = json.loads(kept_text)
        kept_text, files = bundle["edition"], bundle["files"]
    document = read_text(kept_text, name)
    rules = typed(document, Edition)
    # Only what keeps it from running: a later, stricter checker must not lose the way to an old price.
    findings: list[Finding] = []
    plan = build(document, rules, findings.append, files)
    if findings:
        raise Unreadable(findings)
    taxes = TaxFile.model_validate({"country": rules.country, "source": "kept with each quote", "premium_tax": {}})
    return LoadedEdition(name, document, rules, plan, taxes, {}, files=files)


class _Loader:
    def __init__(self, folder: Path, shown_as: str) -> None:
        self.folder, self.shown_as = folder, shown_as.rstrip("/")
        self.findings: list[Finding] = []
        self.taxes: dict[str, tuple[Document, TaxFile]] = {}
        self.texts: dict[Path, dict[str, tuple[Document, Texts] | None]] = {}
        self.drafts: list[LoadedEdition] = []
        # The tables' files that editions name, by folder; and the folders where one of them can't be read, which might name any.
        self.named: dict[Path, set[str]] = {}
        self.unread: set[Path] = set()

    def library(self) -> Library:
        if not self.folder.is_dir():
            place = Place(self.shown_as, 1, 1)
            self.findings.append(Finding(place, "there is no such folder; expected the rules' folder", "no_folder"))
        for path in self._files("taxes/*.yaml"):
            self._tax_file(path)
        editions = self._publishable(list(self._editions()))
        self._strays(editions)
        self._unused_texts([*editions, *self.drafts])
        if self.folder.is_dir() and not editions and not self.findings:
            place = Place(f"{self.shown_as}/products", 1, 1)
            self.findings.append(
                Finding(place, "there is no edition; expected products/NAME/COUNTRY/2026-01-01.yaml", "empty")
            )
        taxes = {country: file for country, (_, file) in self.taxes.items()}
        return Library(tuple(editions), tuple(sorted(set(self.findings))), taxes, tuple(self.drafts))

    def _publishable(self, editions: list[LoadedEdition]) -> list[LoadedEdition]:
        """The editions but for those that were published too late for the offers that are running, and those whose
        words nobody has written yet.
        """
        found = list(check_publication(editions))
        late = {finding.place.file for finding in found}
        for folder, texts in self.texts.items():
            beside = [edition for edition in editions if edition.document.file.startswith(f"{self._shown(folder)}/")]
            for document, _ in filter(None, texts.values()):
                unwritten = list(unwritten_texts(document, [edition.rules for edition in beside]))
                found += unwritten
                late |= {edition.document.file for edition in beside if unwritten and edition.rules.sale == "open"}
        self.findings += found
        return [edition for edition in editions if edition.document.file not in late]

    def _unused_texts(self, editions: list[LoadedEdition]) -> None:
        """Words that no edition beside them asks for; with a broken edition among these nobody can tell."""
        for folder, texts in self.texts.items():
            beside = [edition for edition in editions if edition.document.file.startswith(f"{self._shown(folder)}/")]
            if len(beside) == sum(EDITION_NAME.fullmatch(path.stem) is not None for path in folder.glob("*.yaml")):
                for found in texts.values():
                    if found is not None:
                        self.findings += unused_texts(*found, [(edition.rules, edition.plan) for edition in beside])

    def _strays(self, editions: list[LoadedEdition]) -> None:
        """Files that nobody reads, and editions of one moment: which of them counts, nobody could tell."""
        for path in self._files("**/*.y*ml"):
            beside = path.with_name(path.name.removesuffix(".examples.yaml") + ".yaml")
            parts = path.relative_to(self.folder).parts
            read = len(parts) == {"taxes": 2, "products": 4}.get(parts[0])
            if not read or path.suffix != ".yaml" or (path.name.endswith(".examples.yaml") and not beside.exists()):
                message = "nothing reads this file; expected products/NAME/COUNTRY/DAY.yaml, its examples and texts, or taxes/COUNTRY.yaml"
                self.findings.append(Finding(Place(self._shown(path), 1, 1), message, "stray"))
        self._nearly_read()
        first: dict[tuple[str, str, datetime], LoadedEdition] = {}
        for edition in editions:
            before = first.setdefault((edition.product, edition.country, edition.effective_at), edition)
            if before is not edition and edition.rules.withdrawn is None and before.rules.withdrawn is None:
                message = f"{before.name}.yaml takes effect at the same moment; expected one of them withdrawn, or a later moment"
                self.findings.append(edition.document.finding(("effective",), message, "duplicate"))

    def _nearly_read(self) -> None:
        """Files that somebody may think are read: named nearly right, named by no edition, in a language not spoken."""
        for path in self._files("products/*/*/*"):
            endings, expected = [ending.lower() for ending in path.suffixes], ""
            language = path.name.split(".")[1] if path.match("texts.*.yaml") else ""
            if language and language not in LANGUAGES:
                expected = " or ".join(f"texts.{spoken}.yaml" for spoken in LANGUAGES)
            elif path.suffix not in (".yaml", ".yml") and {".yaml", ".yml"} & set(endings):
                expected = f"{re.split('[.]ya?ml', path.name, maxsplit=1, flags=re.IGNORECASE)[0]}.yaml"
            elif (
                endings
                and endings[-1] in SHEETS
                and path.parent not in self.unread
                and path.name not in self.named.get(path.parent, set())
            ):
                expected = "a table of an edition beside it to name it in file:, or no such file"
                if path.suffix != ".csv":
                    expected = "its rows in a CSV file that a table names in file:"
            if expected:
                place = Place(self._shown(path), 1, 1)
                self.findings.append(
                    Finding(place, f"nothing reads this file; expected {expected}", "stray", warning=True)
                )

    def _files(self, pattern: str) -> list[Path]:
        """The files of a pattern in order. Names that begin with a dot are passed over: programs leave such files behind."""
        found = sorted(self.folder.glob(pattern))
        return [path for path in found if not any(part[0] == "." for part in path.relative_to(self.folder).parts)]

    def _shown(self, path: Path) -> str:
        return f"{self.shown_as}/{path.relative_to(self.folder).as_posix()}"

    def _read(self, path: Path, model: type[Any]) -> tuple[Document, Any] | None:
        try:
            document = read_file(path, self._shown(path))
            return document, typed(document, model)
        except Unreadable as error:
            self.findings += error.findings
        except OSError as error:
            self.findings.append(
                Finding(
                    Place(self._shown(path), 1, 1),
                    f"can't be read ({error.strerror}); expected a file that may be",
                    "io",
                )
            )
        return None

    def _tax_file(self, path: Path) -> None:
        found = self._read(path, TaxFile)
        if found:
            document, file = found
            if file.country != path.stem:
                message = f"{file.country} in a file called {path.name}; expected the file's own country"
                self.findings.append(document.finding(("country",), message, "misnamed"))
            self.findings += check_taxes(document, file)
            self.taxes[path.stem] = found

    def _editions(self) -> Iterator[LoadedEdition]:
        for path in self._files("products/*/*/*.yaml"):
            if path.name.endswith(".examples.yaml") or path.name.startswith("texts."):
                continue
            before = len(self.findings)
            edition = self._edition(path)
            faults = {finding.code for finding in self.findings[before:] if not finding.warning}
            if edition is not None and not faults:
                yield edition
            elif edition is not None and faults == {"no_examples"}:
                self.drafts.append(edition)

    def _edition(self, path: Path) -> LoadedEdition | None:
        if not EDITION_NAME.fullmatch(path.stem):
            message = "the file's name is no date; expected one such as 2026-01-01.yaml, the day it takes effect"
            self.findings.append(Finding(Place(self._shown(path), 1, 1), message, "misnamed"))
            return None
        found = self._read(path, Edition)
        if found is None:
            self.unread.add(path.parent)
            return None
        document, rules = found
        self._names(document, rules, path)
        files = self._table_files(document, rules, path.parent)
        plan, findings = plan_of(document, rules, files)
        self.findings += findings
        texts = self._texts(path.parent)
        taxes = self._taxes_of(document, rules)
        self.findings += check(document, rules, plan, self.taxes if taxes else None, texts)
        self._across(document, rules)
        examples = self._examples(document, rules, path)
        if plan is None or taxes is None:
            return None
        readable = {language: found for language, found in texts.items() if found is not None}
        every = {country: file for country, (_, file) in self.taxes.items()}
        return LoadedEdition(path.stem, document, rules, plan, taxes[1], readable, examples, files, every)

    def _table_files(self, document: Document, rules: Edition, folder: Path) -> dict[str, str]:
        """The files of the edition's tables that can be read; what can't is a fault where the file is named."""
        files: dict[str, str] = {}
        self.named.setdefault(folder, set()).update(table.file for table in rules.tables.values() if table.file)
        for name, table in rules.tables.items():
            if table.file is None or table.file in files:
                continue
            try:
                with (folder / table.file).open("rb") as handle:
                    raw = handle.read(MAX_TABLE_BYTES + 1)
            except OSError:
                continue  # that it isn't there is told where the table is laid out
            if len(raw) > MAX_TABLE_BYTES:
                message = f"{table.file} is larger than {MAX_TABLE_BYTES // 1024} kB; expected a smaller one"
                self.findings.append(document.finding(("tables", name, "file"), message, "too_big"))
            try:
                files[table.file] = raw[:MAX_TABLE_BYTES].decode("utf-8-sig")
            except UnicodeDecodeError as error:
                place = Place(self._shown(folder / table.file), raw[: error.start].count(b"\n") + 1, 1)
                message = "these bytes are no UTF-8 text; expected the file saved as UTF-8"
                self.findings.append(Finding(place, message, "encoding"))
        return files

    def _across(self, document: Document, rules: Edition) -> None:
        """A product that isn't here isn't counted under the cap: meant so, or misspelt."""
        products = sorted(folder.name for folder in (self.folder / "products").iterdir() if folder.is_dir())
        for index, rule in enumerate(rules.accumulate):
            for position, name in enumerate(rule.across):
                if name not in products:
                    message = f"{quoted(name)} is no product here, so the cap counts none of it; expected {nearest(name, products)}"
                    self.findings.append(
                        document.finding(
                            ("accumulate", index, "across", position), message, "unknown_name", warning=True
                        )
                    )

    def _taxes_of(self, document: Document, rules: Edition) -> tuple[Document, TaxFile] | None:
        found = self.taxes.get(rules.country)
        if found is None:
            there = (self.folder / "taxes" / f"{rules.country}.yaml").exists()
            message = (
                f"taxes/{rules.country}.yaml has faults of its own; expected them mended first"
                if there
                else f"there is no taxes/{rules.country}.yaml; expected it, with a rate for each class"
            )
            self.findings.append(document.finding(("country",), message, "no_tax_rate"))
        return found

    def _names(self, document: Document, rules: Edition, path: Path) -> None:
        product, country = path.parent.parent.name, path.parent.name
        if rules.product != product:
            self.findings.append(
                document.finding(
                    ("product",), f"{rules.product} in the folder {product}; expected the same", "misnamed"
                )
            )
        if rules.country != country:
            self.findings.append(
                document.finding(
                    ("country",), f"{rules.country} in the folder {country}; expected the same", "misnamed"
                )
            )
        if not rules.effective.strftime("%Y-%m-%dT%H%M").startswith(path.stem):
            self.findings.append(
                document.finding(
                    ("effective",),
                    f"{rules.effective:%Y-%m-%dT%H:%M} in {path.name}; expected the file's day",
                    "misnamed",
                )
            )

    def _texts(self, folder: Path) -> dict[str, Texts | None]:
        """The texts beside an edition by language; None for a file with faults of its own."""
        if folder not in self.texts:
            found = {path.name.split(".")[1]: self._read(path, Texts) for path in sorted(folder.glob("texts.*.yaml"))}
            self.texts[folder] = found
        return {language: texts[1] if texts else None for language, texts in self.texts[folder].items()}

    def _examples(self, document: Document, rules: Edition, path: Path) -> tuple[tuple[Place, Example], ...]:
        beside = path.with_name(f"{path.stem}.examples.yaml")
        if not beside.exists():
            message = f"there are no worked prices; expected {beside.name} beside it"
            self.findings.append(document.finding((), message, "no_examples"))
            return ()
        found = self._read(beside, ExampleFile)
        if found is None:
            return ()
        file_document, file = found
        self.findings += check_examples(file_document, file, rules)
        return tuple((file_document.place((index,)), example) for index, example in enumerate(file.examples))
