"""What the tests of `latchkey doctor` share: each fault is made for real, and then it is the only one that is found."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from stack_case import StackTest, clean_environment

from jose import Json, openssl

PAGE = Path(__file__).resolve().parents[2] / "docs" / "doctor.md"


class DoctorTest(StackTest):
    def run_doctor(self, *flags: str, wrapper: list[str] | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*(wrapper or []), str(self.stack.binary), "doctor", *flags], capture_output=True, text=True,
                              timeout=60, env=clean_environment(self.stack.environment | environment))

    def find(self, code: str, wrapper: list[str] | None = None, also: tuple[str, ...] = (), **environment: str) -> str:
        """The doctor's words for this problem, after it was found and nothing else was."""
        result = self.run_doctor("--json", wrapper=wrapper, **environment)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        problems: list[Json] = [finding for finding in json.loads(result.stdout) if finding["result"] == "problem"]
        self.assertEqual({problem["code"] for problem in problems}, {code, *also}, problems)
        self.assertTrue(all(problem["todo"] for problem in problems))
        self.assertIn(f"`{code}`", PAGE.read_text())
        return " ".join(problem["what"] for problem in problems if problem["code"] == code)

    def change_broker(self, file: str, old: str, new: str) -> None:
        """The broker runs with a file changed until the case ends."""
        path = self.stack.folder / file
        before = path.read_text()
        self.assertIn(old, before)
        self.addCleanup(self.stack.mosquitto.restart)
        self.addCleanup(path.write_text, before)
        path.write_text(before.replace(old, new))
        self.stack.mosquitto.restart()

    def wrong_password(self) -> Path:
        file = self.folder / "wrong.password"
        file.touch(0o600)
        file.write_text("wrong\n")
        return file

    def issued(self, key: Path, days: int, extension: str) -> bytes:
        """A certificate for this key by the server CA."""
        extensions = self.folder / "extensions"
        extensions.write_text(f"{extension}\nkeyUsage=critical,digitalSignature\nbasicConstraints=critical,CA:FALSE\n")
        request = openssl("req", "-new", "-key", str(key), "-subj", "/CN=renewed")
        return openssl("x509", "-req", "-CA", str(self.stack.pki / "server-ca.pem"), "-CAkey", str(self.stack.pki / "server-ca-key.pem"),
                       "-set_serial", "7", "-days", str(days), "-extfile", str(extensions), stdin=request)


if shutil.which("faketime") is None:
    raise SystemExit("there is no faketime here: ./dev installs it")
