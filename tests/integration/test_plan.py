"""docs/scaling.md shows what `latchkey plan` prints of the recorded figures, and plan refuses figures that it cannot use."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from stack import BINARY  # noqa: E402

FIGURES = ROOT / "docs" / "performance.json"


class Plan(unittest.TestCase):
    def plan(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([os.environ.get("LATCHKEY_BIN", str(BINARY)), "plan", *arguments], capture_output=True, text=True)

    def test_the_page_shows_what_it_prints(self) -> None:
        blocks = re.findall(r"(?ms)^```console\n\$ latchkey plan (.*?)\n(.*?)^```$", (ROOT / "docs" / "scaling.md").read_text())
        self.assertGreater(len(blocks), 3)
        for arguments, shown in blocks:
            with self.subTest(arguments):
                result = self.plan(*arguments.split())
                self.assertEqual((result.returncode, result.stdout), (0, shown), result.stderr)

    def test_figures_of_another_machine(self) -> None:
        recorded = self.plan("--devices", "1000", "--processors", "2", "--json")
        read = self.plan("--devices", "1000", "--processors", "2", "--json", "--figures", str(FIGURES))
        self.assertEqual(read.stdout, recorded.stdout)
        self.assertEqual([each["event"] for each in json.loads(read.stdout)["daily"]], ["renewals", "connections"])

    def test_figures_that_are_none(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="latchkey-test-")))
        figures = json.loads(FIGURES.read_text())
        del figures["cpu_us"]["journey"]["broker"]
        (folder / "less.json").write_text(json.dumps(figures))
        (folder / "table.txt").write_text("echo 11,902 /s")
        for file, says in (("less.json", "no number above 0: cpu_us.journey.broker"), ("table.txt", "no JSON object"),
                           ("none.json", "cannot be read")):
            with self.subTest(file):
                result = self.plan("--devices", "1000", "--figures", str(folder / file))
                self.assertEqual((result.returncode, result.stdout), (65, ""))
                self.assertIn(says, result.stderr)

    def test_numbers_out_of_range(self) -> None:
        for arguments in (["--devices", "0"], ["--devices", "5", "--lifetime-days", "0"], ["--devices", "5", "--processors", "0"], []):
            with self.subTest(arguments):
                self.assertEqual(self.plan(*arguments).returncode, 64)


if __name__ == "__main__":
    unittest.main()
