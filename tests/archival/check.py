"""Varied certificates and one of every other document, validated against PDF/A-3a and PDF/UA-1 by veraPDF (`./dev documents-check`).

    python -m tests.archival.check --with LIBRARIES [--count N] [--seed N] [--keep FOLDER]

Exits 1 where any breaks a rule. LIBRARIES are Java's class path with veraPDF on it.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from coverage.domain.certificate import Brand, Certificate, Contact, plain
from coverage.gateways.documents import WeasyPrintDocuments
from coverage.gateways.signing import PadesSignatures
from coverage.operations.certifying import ENCLOSED
from tests.certificates import LOGO, a_certificate, euros
from tests.specimens import LANGUAGES, Specimen, specimens

ROOT: Final = Path(__file__).resolve().parents[2]
VALIDATE: Final = Path(__file__).with_name("Validate.java")
# Names as people have them, and texts that break pages.
NAMES: Final = (
    "Aïcha Benjelloun", "Tomasz Wiśniewski", "José-María Fernández-Villaverde y Ortiz de Zúñiga", "Ὀδυσσεὺς Λαερτιάδης",
    "Александра Константиновна Преображенская", "محمد بن عبد الله", "שרה כהן־לוי", "O", "Çağla Şahin", "Nguyễn Thị Hồng Nhung",
    "<b>Robert'); DROP TABLE</b> &amp; Söhne", "Wolfeschlegelsteinhausenbergerdorff " * 3,
)  # fmt: skip
COLOURS: Final = ("#17425c", "#ffffff", "#000000", "#ffcc00", "#757575", "#e3001b")
SECTIONS: Final = (1, 2, 4, 5, 6, 8, 12, 20)


def varied(chance: random.Random) -> Certificate:
    """A certificate as it might come: of either language, any length, cancelled or changed, with a logo or without."""
    base = a_certificate(chance.choice(("en", "fr")))
    starts_at = base.starts_at + timedelta(minutes=chance.randrange(500_000))
    changed = chance.random() < 0.3
    sections = tuple(
        replace(chance.choice(base.sections), name=f"{chance.choice(base.sections).name} {number}")
        for number in range(chance.choice(SECTIONS))
    )
    return replace(
        base,
        policyholder=chance.choice(NAMES),
        insured=tuple(chance.sample(NAMES, chance.randrange(4))),
        product_name=chance.choice((base.product_name, base.product_name * 3, "Ⅻ")),
        object_value=chance.choice(("", "GH-482-KV", "Yamaha clavinova, série 3 nº 2026-000-117, en chêne clair")),
        facts=base.facts * chance.randrange(4),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=chance.choice((30, 60, 720, 10_000))),
        timezone=chance.choice(("Europe/Paris", "Indian/Reunion", "America/Martinique")),
        sections=sections,
        surcharges=((("Catastrophes naturelles", euros("0.72")),) if chance.random() < 0.3 else ()),
        fees=((("platform", euros("1.00")),) if chance.random() < 0.3 else ()),
        partner=chance.choice((base.partner, NAMES[-1], "م")),
        assistance_contact=base.assistance_contact if chance.random() < 0.7 else None,
        claims_contact=Contact(
            "Sinistres – claims", "+33 1 55 50 01 99", chance.choice(("", "claims@covanto.example"))
        ),
        cancelled_at=starts_at - timedelta(hours=1) if chance.random() < 0.2 else None,
        livemode=chance.random() < 0.7,
        brand=Brand(chance.choice(COLOURS), LOGO if chance.random() < 0.3 else b""),
        version=2 if changed else 1,
        replaces_issued_at=base.issued_at - timedelta(hours=3) if changed else None,
    )


def documents_to_set(count: int, chance: random.Random) -> Iterator[Specimen]:
    """So many varied certificates, then one of every kind of document in each language."""
    for _ in range(count):
        yield Specimen("certificate.html", "certificate", varied(chance))
    for language in LANGUAGES:
        yield from specimens(language)


def render(documents: WeasyPrintDocuments, signatures: PadesSignatures, specimen: Specimen, path: Path) -> None:
    """Lays the document out and signs it as the service does; a certificate with what it says for machines."""
    said = specimen.said
    enclosed = (
        {ENCLOSED: json.dumps(plain(said), ensure_ascii=False).encode()} if isinstance(said, Certificate) else None
    )
    path.write_bytes(signatures.sign(documents.render(specimen.template, specimen.said_in, specimen.facts, enclosed)))


def validate(files: list[Path], libraries: str) -> Iterator[list[str]]:
    """What the validator says, field by field."""
    command = ["java", "-cp", libraries, str(VALIDATE), *map(str, files)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        for line in running.stdout or ():
            yield line.rstrip("\n").split("\t")
    if running.returncode:
        raise SystemExit(f"the validator ended with {running.returncode}")


def main() -> int:
    """Renders, validates, and says what was found."""
    parser = argparse.ArgumentParser(prog="./dev documents-check")
    parser.add_argument("--with", dest="libraries", required=True, metavar="LIBRARIES")
    parser.add_argument(
        "--count", type=int, default=200, metavar="N", help="how many certificates, beside one of every kind (200)"
    )
    parser.add_argument("--seed", type=int, default=20261205, metavar="N")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the documents are left")
    asked = parser.parse_args()
    chance, began = random.Random(asked.seed), time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, closing(WeasyPrintDocuments(ROOT / "policy_templates")) as documents:
        folder = asked.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        signatures = PadesSignatures.open(Path(scratch) / "signing")
        files = []
        for number, specimen in enumerate(documents_to_set(asked.count, chance)):
            files.append(folder / f"{number:04}-{specimen.template.removesuffix('.html')}.pdf")
            render(documents, signatures, specimen, files[-1])
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{number + 1} set ")
        broken: Counter[str] = Counter()
        checked, bad = 0, set()
        for kind, file, *rest in validate(files, asked.libraries):
            if kind == "checked":
                checked += 1
                continue
            bad.add(file)
            broken[f"{Path(file).name}: {rest[0]}: {rest[2]}"] += int(rest[1])
    for rule, times in broken.most_common():
        sys.stdout.write(f"{times} times {rule}\n")
    seconds = time.monotonic() - began
    sys.stdout.write(
        f"{checked} documents against PDF/A-3a and PDF/UA-1, {len(bad)} failed ({seconds:.0f} s, seed {asked.seed})\n"
    )
    return 0 if checked == len(files) and not bad else 1


if __name__ == "__main__":
    sys.exit(main())
