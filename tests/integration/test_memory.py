"""What was secret is not in the service's memory once it was used, and no program of ours may leave a core file."""

from __future__ import annotations

import os
import re
import subprocess
import unittest
from pathlib import Path

from stack_case import StackTest, clean_environment

from ports import free_port
from stack import Settings, within


def found_in(pid: int, secret: bytes) -> list[str]:
    """The mappings of a process in which this stands."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            area = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if not area:
                continue
            start, stop = (int(place, 16) for place in area.groups())
            memory.seek(start)
            content = memory.read(stop - start)
            if secret in content:
                found.append(line.split()[-1])
    return found


@unittest.skipUnless(os.geteuid() == 0, "only root may read the memory of a process that forbids it")
class Memory(StackTest):
    settings: Settings = {"broker_access": {"mode": "database"}}

    @unittest.skipIf(os.environ.get("LATCHKEY_SANITIZE"), "sanitizers replace free")
    def test_tokens_and_passwords_are_gone(self) -> None:
        """Also of the memory into which the library read a message, and which it freed when a larger message came."""
        self.enroll("group", "by-token", "--proof", "token", "--token-file", str(self.write_token("by-token")[1]),
                    "--credential-type", "password")
        secrets = {}
        for size in range(0, 2000, 400):
            device_id = f"{self.name}-{size}"
            device = self.enrolled_by_token(device_id, "--group", "by-token", wants="password", seals=True,
                                            attributes={"note": size * "x"})
            self.assert_accepted(device.provision())
            secrets |= {f"token {size}": device.proof.token, f"password {size}": device.opened["password"]}
        # Buffers of the libraries keep the last message until the next one comes.
        for number in range(3):
            self.assert_accepted(self.enrolled(f"{self.name}-after-{number}", attributes={"note": 2000 * "x"}).provision())
        pid = self.stack.service.pid
        assert pid
        for what, secret in secrets.items():
            with self.subTest(what):
                self.assertEqual(found_in(pid, secret.encode()), [])

    def test_no_program_may_leave_a_core_file(self) -> None:
        """Each is looked at while it waits: for a pipe that nobody writes, and for a broker that is not there."""
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        nowhere = {"LATCHKEY_BOOTSTRAP_URL": f"mqtts://localhost:{free_port()}"}
        _, key = self.write_key(self.name)
        for argv in ([str(self.stack.binary), "enroll", "import", str(pipe)],
                     [str(self.stack.device_binary), "provision", self.name, "--key-file", str(key), "--dir", str(self.folder / "core")]):
            with self.subTest(argv[1]):
                process = subprocess.Popen(["sh", "-c", 'ulimit -c unlimited; exec "$0" "$@"', *argv], stderr=subprocess.PIPE,
                                           env=clean_environment(self.stack.environment | nowhere))
                self.addCleanup(process.communicate)
                self.addCleanup(process.kill)
                within(5, "it forbids core files", lambda: re.search(
                    r"Max core file size +1 +1 ", Path(f"/proc/{process.pid}/limits").read_text()))
                self.assertIsNone(process.poll())
