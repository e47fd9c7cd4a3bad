"""The same through the program itself: one process, real streams."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.commands.rules.asking import TERM, VAN
from tests.rulebook.rule_files import RULES


class TestProgram:
    def coverage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "coverage", "rules", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=RULES.parent, check=False, timeout=60)

    def test_check_and_test_need_nothing_but_the_folder(self) -> None:
        for command in ("check", "test"):
            done = self.coverage(command)
            assert (done.returncode, done.stderr) == (0, "")

    def test_price_answers_json_on_its_own_stream(self) -> None:
        done = self.coverage("price", "off_duty_vehicle", *TERM, *VAN, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["gross"] == 3024

    def test_wrong_use_exits_2_without_a_trace_of_python(self) -> None:
        done = self.coverage("price", "off_duty_vehicle", *TERM, "goods_value=8000")
        assert (done.returncode, done.stdout) == (2, "")
        assert "8000 EUR" in done.stderr
        assert "Traceback" not in done.stderr
