"""The devices of this project sign `connected` so that the service confirms their credentials (docs/protocol.md, 5)."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator

from run_case import RunTest

from device_program import Reference, Small
from jose import derive


class DeviceConfirms(RunTest):
    def each_program(self) -> Iterator[str]:
        """An id for a device of each of the two."""
        for program in (Reference(), Small()):
            self.use(program)
            with self.subTest(program.name):
                yield f"{self.name}-{program.name}"

    def by_token(self, device_id: str, *policy: str) -> list[str]:
        """A group of its own; the flags of the device."""
        _, file = self.write_token(device_id)
        self.enroll("group", device_id, "--proof", "token", "--token-file", str(file), *policy)
        return ["--token-file", str(file)]

    def by_key(self, device_id: str, *policy: str) -> list[str]:
        key, file = self.write_key(f"{device_id}-group")
        self.enroll("group", device_id, "--proof", "symmetric_key", "--key-file", str(file), *policy)
        own = self.folder / f"{device_id}.key"
        own.write_text(base64.b64encode(derive(key, device_id)).decode())
        return ["--group", device_id, "--key-file", str(own)]

    def credentials(self, device_id: str) -> list[str]:
        """What became of them, oldest first."""
        return self.stack.cluster.sql(f"SELECT status FROM registry.credential WHERE device_id = '{device_id}' "
                                      "ORDER BY generation").split()

    def assert_confirms(self, device_id: str, *flags: str) -> None:
        device = self.running(*flags, device_id=device_id)
        device.expect("ready")
        self.assertEqual((self.credentials(device_id), device.stop()), (["active"], 0))

    def test_each_program_prints_its_help(self) -> None:
        for _ in self.each_program():
            run = subprocess.run([self.stack.device_binary, "--help"], capture_output=True, text=True, timeout=10)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            self.assertIn("usage: ", run.stdout.lower())

    def test_by_the_password_that_a_token_brought(self) -> None:
        for device_id in self.each_program():
            self.assert_confirms(device_id, *self.by_token(device_id, "--credential-type", "password"), "--credential", "password")

    def test_by_a_key_where_the_credential_is_a_password(self) -> None:
        for device_id in self.each_program():
            self.assert_confirms(device_id, *self.by_key(device_id, "--credential-type", "password"), "--credential", "password")

    def test_by_a_certificate_and_the_next_one(self) -> None:
        for device_id in self.each_program():
            flags = self.by_token(device_id)
            self.assert_confirms(device_id, *flags)
            self.program.make_due(self.folder / f"device-{device_id}", 1)
            device = self.running(*flags, device_id=device_id)
            device.expect("connected", generation=2)
            device.expect("ready")
            self.assertEqual((self.program.generations(device.folder), self.credentials(device_id)), ([2], ["retired", "active"]))
