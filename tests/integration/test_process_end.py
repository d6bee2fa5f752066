"""The end of the programs: Paho's threads, which nobody joins, may still use OpenSSL while the process ends."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from daemon import clean_environment  # noqa: E402
from stack import BINARY  # noqa: E402


class ProcessEnd(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="latchkey-test-")))
        self.binary = Path(os.environ.get("LATCHKEY_BIN", BINARY))

    def assert_usable_at_the_end(self, *command: str) -> None:
        # A program with AddressSanitizer refuses to be second.
        environment = {"LD_PRELOAD": os.environ["LATCHKEY_AT_EXIT"], "ASAN_OPTIONS": "verify_asan_link_order=0"}
        result = subprocess.run(command, capture_output=True, text=True, timeout=30, env=clean_environment(environment))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([line for line in result.stderr.splitlines() if "openssl at exit" in line], ["openssl at exit: usable"])

    def test_openssl_outlives_the_exit_handlers_of_the_service(self) -> None:
        self.assert_usable_at_the_end(str(self.binary), "ca", "init", "--dir", str(self.folder / "pki"), "--host", "localhost")

    def test_openssl_outlives_the_exit_handlers_of_the_device(self) -> None:
        key = self.folder / "group.key"
        key.write_bytes(base64.b64encode(secrets.token_bytes(32)) + b"\n")
        device = self.binary.with_name("latchkey-device")
        self.assert_usable_at_the_end(str(device), "factory", "--group", "meters", "--key-file", str(key), "--count", "1",
                                      "--pattern", "meter-#", "--out", str(self.folder / "made"))
