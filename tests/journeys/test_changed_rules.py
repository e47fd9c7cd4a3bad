"""An underwriter changes the rules of a service that runs, as a process with its worker, and never starts it again."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from tests.builders import a_bind, a_goods_risk, a_quote
from tests.operations.own_product import GROSS, GROSS_AT_TWICE, PUBLISHED, TWICE, WORKED
from tests.processes import Service, data_folder, mentioning, serving, wait_for
from tests.rulebook.rule_files import GOODS, GOODS_EXAMPLES, RuleFolder, copied

NEWER = GOODS.replace("2026-01-01", "2026-06-01")


def price(service: Service) -> tuple[str, int]:
    """The edition and the gross of a new quote."""
    answer = service.post("/v1/quotes", a_quote(product="goods_carried", risk=a_goods_risk()))
    assert answer.status_code == 201, answer.text
    return answer.json()["edition"], answer.json()["price"]["gross"]["amount"]


def broken(service: Service) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = service.get("/readyz").json()["rules"]["broken"]
    return found


def worker_at_work(service: Service) -> int:
    """The worker's process id, once it has done a job: one that still starts can't do without the rules' folder."""
    quote = service.post("/v1/quotes", a_quote(product="goods_carried", risk=a_goods_risk())).json()
    kept = service.data / "blobs"
    before = len(list(kept.rglob("*")))
    assert service.post("/v1/covers", a_bind(quote)).status_code == 201
    wait_for("a certificate", lambda: len(list(kept.rglob("*"))) > before)
    return service.worker()


def dearer(rules: RuleFolder) -> str:
    text = rules.text(GOODS).replace("0.1500% of goods_value", TWICE)
    return text.replace("effective: 2026-01-01T00:00", f"effective: 2026-06-01T00:00\n{PUBLISHED}")


class TestChangedRules:
    def test_are_taken_refused_and_mended_while_it_serves(self, tmp_path: Path) -> None:
        rules = copied(tmp_path)
        with data_folder() as data, serving(data, "--demo", "--rules", str(rules.path)) as service:
            worker = worker_at_work(service)
            assert price(service) == ("goods_carried/FR/2026-01-01", GROSS)

            # A new edition, with a slip of the pen.
            rules.write(GOODS_EXAMPLES.replace("2026-01-01", "2026-06-01"), WORKED)
            text = dearer(rules)
            rules.write(NEWER, text.replace("currency: EUR", "currency: EURO"))
            line = text.partition("currency: EUR")[0].count("\n") + 1
            place = f"{rules.path / NEWER}:{line}:11: "
            wait_for("the fault", lambda: place in str(broken(service)))
            told = [said for said in service.output.splitlines() if place in said]
            assert len(told) == 1, "once, though the worker reads the rules as well"
            assert "; expected " in told[0]
            assert price(service) == ("goods_carried/FR/2026-01-01", GROSS)

            rules.write(NEWER, text)
            wait_for("the new edition", lambda: price(service) == ("goods_carried/FR/2026-06-01", GROSS_AT_TWICE))
            assert broken(service) == []
            assert "goods_carried/FR/2026-06-01 is on sale with the text " in service.output

            # The factor was wrong, it turns out.
            rules.write(NEWER, text + "withdrawn: the factor is twice what it should be\n")
            wait_for("the withdrawal", lambda: price(service) == ("goods_carried/FR/2026-01-01", GROSS))
            assert broken(service) == []

            shutil.rmtree(rules.path)
            wait_for("the loss of the folder", lambda: broken(service))
            assert price(service) == ("goods_carried/FR/2026-01-01", GROSS)
            assert "Traceback" not in service.output

            assert service.worker() == worker, "it went on through all of that"
            ending = time.monotonic()
            assert service.end() == 0
            assert time.monotonic() - ending < 10
            assert not mentioning(str(data))
