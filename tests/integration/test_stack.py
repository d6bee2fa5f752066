"""`./dev up` and `./dev down`: what they promise, and that they leave nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from daemon import Daemon, clean_environment, start_time  # noqa: E402
from stack import BINARY, PARTS  # noqa: E402

STACK = Path(__file__).resolve().parents[1] / "support" / "stack.py"
NAMES = {"LATCHKEY_DB_URL", "LATCHKEY_OWNER_DB_URL", "LATCHKEY_BOOTSTRAP_URL", "LATCHKEY_BOOTSTRAP_USER",
         "LATCHKEY_BOOTSTRAP_PASSWORD_FILE", "LATCHKEY_PLATFORM_USER", "LATCHKEY_PLATFORM_PASSWORD_FILE", "LATCHKEY_DEVICE_URL", "LATCHKEY_SERVER_CA_FILE", "LATCHKEY_DEVICE_CA_FILE",
         "LATCHKEY_CONFIG", "LATCHKEY_BIN", "LATCHKEY_DEVICE_BIN"}


class UpAndDown(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="latchkey-test-")))
        self.folder.chmod(0o711)

    def stack(self, verb: str) -> str:
        binary = os.environ.get("LATCHKEY_BIN", str(BINARY))
        result = subprocess.run(["/usr/bin/python3", str(STACK), verb, str(self.folder), "--bin", binary],
                                capture_output=True, text=True, env=clean_environment(), timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def page(self, said: str) -> str:
        """What is at the address that was said to be the fleet page's."""
        address = next(line.split(": ", 1)[1] for line in said.splitlines() if line.startswith("Fleet page: "))
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.read().decode()

    def pids(self) -> list[int | None]:
        return [Daemon(name, [], self.folder / "stack").pid for name in PARTS]

    def test_up_says_where_everything_is_and_down_leaves_nothing(self) -> None:
        self.addCleanup(self.stack, "down")
        said = self.stack("up")
        self.assertIn("LATCHKEY_BIN", said)
        self.assertIn("Devices", self.page(said))
        env = dict(line.split("=", 1) for line in (self.folder / "env").read_text().splitlines())
        self.assertEqual(set(env), NAMES)
        for name, value in env.items():  # psql has an address on its command line
            self.assertNotRegex(value, r"^postgresql://[^@/]*:[^@/]*@", name)
        for name in NAMES:
            if name.endswith(("_FILE", "_CONFIG", "_BIN")):
                self.assertTrue(Path(env[name]).is_absolute() and os.access(env[name], os.R_OK), name)
        pids = self.pids()
        self.assertNotIn(None, pids)
        self.assertIn("already", self.stack("up"))
        self.assertEqual(self.pids(), pids)
        (self.folder / "devices/meter-7").mkdir(parents=True)
        self.stack("down")
        self.assertEqual(list(self.folder.iterdir()), [])
        for pid in pids:
            self.assertIsNone(start_time(pid or 0))
        self.stack("down")
