"""The example in shell does what docs/device.md says of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from run_case import RunTest

from daemon import clean_environment

PROGRAM = Path(__file__).resolve().parents[2] / "device/shell/device.sh"


class ShellExample(RunTest):
    def test_it_becomes_ready_and_is_given_the_same_again(self) -> None:
        _, token = self.write_token(self.name)
        self.enroll("device", self.name, "--proof", "token", "--token-file", str(token), "--device-config", '{"pin":4711}')
        folder = self.folder / "shell"
        folder.mkdir()
        for _ in range(2):  # again it asks the same and is given the same
            result = subprocess.run([str(PROGRAM)], capture_output=True, text=True, timeout=80, cwd=folder,
                                    env=clean_environment(self.stack.environment | {
                                        "ID": self.name, "TOKEN_FILE": str(token), "MAX_MESSAGE_BYTES": "4096"}))
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            self.assertIn("ready", result.stdout)
        self.assertEqual((self.row(self.name)["state"], self.statuses()), ("ready", ["active"]))
        self.assertEqual(json.loads((folder / "request.json").read_text())["max_message_bytes"], 4096)
        self.assertIn('"sealed"', (folder / "answer.json").read_text())
        self.assertNotIn("4711", (folder / "answer.json").read_text())
        self.assertEqual(json.loads((folder / "configuration.json").read_text()), {"pin": 4711})
