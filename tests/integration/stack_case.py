"""What the integration tests share: one stack for the cases of a class, enrolment, and a look into the registry."""

from __future__ import annotations

import base64
import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from daemon import clean_environment  # noqa: E402
from foreign_device import Device, Place, Proof, SymmetricKey, Token  # noqa: E402
from jose import Json  # noqa: E402
from stack import BINARY, Settings, Stack, within  # noqa: E402
from wire import Login, Wire  # noqa: E402


class StackTest(unittest.TestCase):
    """The cases of a class share its stack, so each uses device ids of its own: `self.name`."""

    settings: Settings = {}
    make_stack = Stack
    stack: Stack
    folder: Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="latchkey-test-")))
        cls.folder.chmod(0o711)  # the stack's account has to get through
        cls.stack = cls.make_stack(cls.folder, Path(os.environ.get("LATCHKEY_BIN", BINARY)), settings=cls.settings)
        cls.prepare(cls.stack)
        cls.addClassCleanup(cls.stack.stop)
        cls.stack.start()

    @classmethod
    def prepare(cls, stack: Stack) -> None:
        """For what has to be set before the stack starts."""

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """A case that fails shows what the service said."""
        before = len(result.failures) + len(result.errors) if result else 0
        outcome = super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            print(f"--- the end of the service's log after {self.id()}\n{self.stack.service.last_lines(30)}\n---",
                  file=sys.stderr)
        return outcome

    @property
    def name(self) -> str:
        """This case's own device id."""
        return self._testMethodName.removeprefix("test_")[:48]

    # --- enrolment, by the command line

    def write_key(self, name: str) -> tuple[bytes, Path]:
        key = secrets.token_bytes(32)
        file = self.folder / f"{name}.key"
        file.write_bytes(base64.b64encode(key) + b"\n")
        return key, file

    def write_token(self, name: str) -> tuple[str, Path]:
        token = secrets.token_urlsafe(24)
        file = self.folder / f"{name}.token"
        file.write_text(token + "\n")
        return token, file

    def enroll(self, what: str, name: str, *flags: str) -> None:
        self.stack.latchkey("enroll", what, name, *flags)

    def enrolled(self, device_id: str = "", *flags: str, **fields: Any) -> Device:
        """A device that was enrolled individually by a key of its own."""
        device_id = device_id or self.name
        key, file = self.write_key(device_id)
        self.enroll("device", device_id, "--proof", "symmetric_key", "--key-file", str(file), *flags)
        return self.device(device_id, SymmetricKey(key), **fields)

    def enrolled_by_token(self, device_id: str = "", *flags: str, **fields: Any) -> Device:
        device_id = device_id or self.name
        token, file = self.write_token(device_id)
        self.enroll("device", device_id, "--proof", "token", "--token-file", str(file), *flags)
        return self.device(device_id, self.token_proof(token), **fields)

    def token_proof(self, token: str) -> Token:
        return Token(token, self.place().anchors)

    def device(self, device_id: str, proof: Proof, **fields: Any) -> Device:
        return Device(device_id, proof, self.place(), self.folder, **fields)

    def place(self) -> Place:
        return Place.of(self.stack.environment)

    # --- other parties

    def run_latchkey(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command as a person runs it who has read DIR/env, whatever it ends with."""
        return self._run(self.stack.binary, *arguments)

    def run_device(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The reference device in the same way."""
        return self._run(self.stack.device_binary, *arguments)

    def _run(self, program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(program), *arguments], capture_output=True, text=True, timeout=60,
                              env=clean_environment(self.stack.environment))

    def account(self, name: str, client_id: str) -> Wire:
        """A connection by one of the broker's accounts."""
        password = self.stack.broker.password_file(name).read_text().strip()
        return Wire(self.place().url, client_id, Login(self.place().anchors, f"@{name}", password))

    def listener(self, *topics: str) -> Wire:
        """The service's account beside the service itself."""
        wire = self.account("service", f"@listener-{secrets.token_hex(4)}")
        self.addCleanup(wire.close)
        for topic in topics:
            wire.subscribe(topic)
        return wire

    # --- faults

    def database_processes(self) -> list[int]:
        """The server and its backends, each of which is a session of its own."""
        server = self.stack.postgres.pid
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        return [int(pid) for pid in (str(server), *children)]

    @contextmanager
    def stopped(self, *pids: int | None) -> Iterator[None]:
        """Processes that neither go on nor end: their kernel goes on acknowledging what is sent to them."""
        for pid in pids:
            assert pid
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                assert pid
                os.kill(pid, signal.SIGCONT)

    # --- what operators' tools ask

    def fetch(self, path: str, port: int = 0) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", port or self.stack.http_port, timeout=2)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metric(self, series: str) -> float:
        for line in self.fetch("/metrics")[1].splitlines():
            if line.startswith(series + " "):
                return float(line.rpartition(" ")[2])
        self.fail(f"there is no {series}")

    def await_ready(self, ready: bool, limit_s: float = 20) -> None:
        within(limit_s, f"ready is {ready}", lambda: (self.fetch("/readyz")[0] == 200) == ready)

    # --- the registry

    def query(self, sql: str) -> list[Json]:
        """The rows as an operator sees them."""
        return json.loads(self.stack.sql(f"SELECT coalesce(json_agg(r), '[]') FROM ({sql}) r"))

    def row(self, device_id: str) -> Json:
        """The device's row of registry.devices."""
        return self.query(f"SELECT * FROM registry.devices WHERE device_id = '{device_id}'")[0]

    def certificates(self, device_id: str) -> list[Json]:
        return self.query(f"SELECT * FROM registry.certificates WHERE device_id = '{device_id}' ORDER BY generation")

    def attempts(self, device_id: str) -> list[Json]:
        return self.query(f"SELECT * FROM registry.attempts WHERE device_id = '{device_id}' ORDER BY received_at")

    def decisions(self, device_id: str) -> list[str]:
        return [attempt["decision"] for attempt in self.attempts(device_id)]

    def states(self, device_id: str) -> list[tuple[str, str]]:
        """Every change of state, oldest first."""
        return [(event["old_state"], event["new_state"]) for event in self.query(
            f"SELECT * FROM registry.events WHERE device_id = '{device_id}' AND action = 'state' ORDER BY at")]

    def await_row(self, device_id: str, **columns: Any) -> Json:
        """The device's row once it has these values; for what the service writes without telling anybody."""
        def look() -> Json | None:
            row = self.row(device_id)
            return row if all(row[name] == value for name, value in columns.items()) else None
        return within(10, f"{device_id} has {columns}", look)

    def await_sent(self, device_id: str) -> Json:
        """The device's row once credentials_sent_at is there: it is written in batches, off the answer's way."""
        def look() -> Json | None:
            row = self.row(device_id)
            return row if row["credentials_sent_at"] else None
        return within(10, f"the credentials of {device_id} are sent", look)

    # --- what cases say

    def assert_accepted(self, answer: Json, generation: int = 1) -> None:
        self.assertEqual((answer["status"], answer.get("generation")), ("accepted", generation), answer)

    def assert_rejected(self, answer: Json | None, code: str) -> Json:
        assert answer is not None, "there was no answer"
        self.assertEqual((answer["status"], answer.get("code")), ("rejected", code), answer)
        return answer

    def assert_not_registered(self, device_id: str) -> None:
        """Neither registered nor given a credential; an enrolled one stays off."""
        rows = self.query(f"SELECT state, registered_at FROM registry.devices WHERE device_id = '{device_id}'")
        self.assertIn(rows, ([], [{"state": "off", "registered_at": None}]))
        self.assertEqual(self.certificates(device_id), [])

    def assert_reason(self, tracking_id: str) -> str:
        """The ledger knows why."""
        found = self.query(f"SELECT reason FROM registry.attempts WHERE tracking_id = '{tracking_id}'")
        self.assertEqual(len(found), 1)
        self.assertTrue(found[0]["reason"])
        return found[0]["reason"]
