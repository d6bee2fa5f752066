"""What the documentation tells people to type is typed here, in the order in which it stands."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from stack_case import StackTest, clean_environment

from stack import GateStack

ROOT = Path(__file__).resolve().parents[2]


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


def shape(text: str) -> str:
    """Without what is another at every run: times, ports, identifiers."""
    for varies in (r"\d{4}-\d\d-\d\dT[\d:.]+Z", r"(?<=localhost:)\d+", r"(?<=_id=)[\w-]{20,}", r"(?<=serial=)\w+", r'(?<="load":)[\d.]+'):
        text = re.sub(varies, "*", text)
    return text


class Documentation(StackTest):
    make_stack = GateStack

    def shell(self, name: str, script: str, **variables: str) -> str:
        """Runs a script as somebody in a clone after `./dev up` would, in a folder of its own."""
        folder = self.folder / name
        (folder / ".run").mkdir(parents=True, exist_ok=True)
        shutil.copy(self.stack.directory / "env", folder / ".run/env")
        result = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, timeout=120,
                                cwd=folder, env=clean_environment({**self.stack.environment, **variables}))
        self.assertEqual(result.returncode, 0, f"{script}\n{result.stdout}\n{result.stderr}")
        return result.stdout

    def clone(self, name: str) -> None:
        """The folder of a later `shell`, with the examples for devices in it."""
        (self.folder / name).mkdir()
        (self.folder / name / "device").symlink_to(ROOT / "device")

    def test_readme(self) -> None:
        # Those for compose are run by tests/compose/run.sh.
        scripts = [block for block in blocks("README.md", "sh") if not block.startswith("docker ")]
        self.assertEqual(len(scripts), 4)
        self.clone("readme")
        self.assertIn("meter-7", self.shell("readme", "\n".join(scripts)))
        for device in ("meter-7", "meter-8", "mine-1"):
            self.assertEqual(self.row(device)["state"], "ready")

    def test_readme_shows_what_the_demo_prints(self) -> None:
        demo = subprocess.run(["/usr/bin/python3", str(ROOT / "tests/support/demo.py"), "--bin", str(self.stack.binary)],
                              capture_output=True, text=True, timeout=120, env=clean_environment())
        self.assertEqual(demo.returncode, 0, demo.stderr)
        shown, = blocks("README.md", "text")
        self.assertIn(shape(shown), shape(demo.stdout))

    def test_device_page(self) -> None:
        reference, examples = blocks("docs/device.md", "sh")
        self.clone("clone")
        self.shell("clone", reference)
        self.assertIn("ready", self.shell("clone", examples))
        for device in ("12345", "meter-21", "meter-22"):
            self.assertEqual(self.row(device)["state"], "ready")

    def test_registry_page(self) -> None:
        statements = blocks("docs/registry.md", "sql")
        self.assertGreater(len(statements), 3)
        for statement in statements:
            self.stack.sql(statement)
        self.assertEqual(self.row("meter-9")["state"], "off")
        self.assertEqual(self.query("SELECT * FROM registry.devices WHERE device_id = 'meter-10'"), [])
        self.shell("registry", "\n".join(blocks("docs/registry.md", "sh")))
        keys = self.query("SELECT action, count(*) FROM registry.events WHERE group_name = 'pumps' GROUP BY 1 ORDER BY 1")
        self.assertEqual([(row["action"], row["count"]) for row in keys],
                         [("enroll_group", 1), ("retire_group_key", 2), ("roll_group_key", 2)])
