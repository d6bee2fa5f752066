"""What one party with a good key, or with a token, can make grow within ten seconds of asking as fast as it can."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable

from lax_case import LaxTest
from proof_case import ProofTest

from foreign_device import Device
from stack import within

SECONDS = 10
BURST = 20
PER_SECOND = 1200
# 10 a minute of one id, and the minute turns at most once.
ROWS = 20
LOG_BYTES = 100_000


class Rates(LaxTest, ProofTest):
    def flood(self, device: Device, message: Callable[[], bytes]) -> int:
        """For ten seconds; how many were sent."""
        sent, start = 0, time.monotonic()
        with device.bootstrap() as wire:
            while (now := time.monotonic() - start) < SECONDS:
                for _ in range(BURST):
                    wire.post(device.topic("request"), message())
                sent += BURST
                time.sleep(max(0.0, sent / PER_SECOND - now))
        return sent

    def log_size(self) -> int:
        return self.stack.service.log.stat().st_size

    def rows(self, device_id: str, *decisions: str) -> int:
        return sum(decision in decisions for decision in self.decisions(device_id))

    def counted(self, code: str) -> int:
        return sum(int(row["rejections"]) for row in self.query(
            f"SELECT rejections FROM registry.counted_rejections WHERE code = '{code}'"))

    def test_old_requests_again_and_again(self) -> None:
        """Anybody who saw one may send it."""
        device, log = self.enrolled(), self.log_size()
        device.has_clock = False
        old = device.message(issued_at=int(time.time()) - 3600)
        sent = self.flood(device, lambda: old)
        within(10, "they are counted", lambda: self.counted("challenge"))
        kept, grown = self.rows(self.name, "challenge"), self.log_size() - log
        print(f"{sent} old requests: {kept} rows, {self.counted('challenge')} counted, {grown} bytes of log")
        self.assertIn(kept, range(10, ROWS + 1))
        self.assertLess(grown, LOG_BYTES)
        # Its owner, which needs a challenge, gets in while it is still being asked.
        self.assert_accepted(device.provision())

    def test_new_credentials_again_and_again(self) -> None:
        device, log = self.enrolled(), self.log_size()
        csr = device.csr()
        device.wants = "password"  # but for the member that is changed: no CSR is made for each
        sent = self.flood(device, lambda: device.message(request_id=secrets.token_urlsafe(16),
                                                         credential={"type": "x509", "csr": csr}))
        within(10, "they are counted", lambda: self.counted("rate_limited"))
        given, kept = len(self.certificates(self.name)), self.rows(self.name, "retry", "rejected")
        grown = self.log_size() - log
        print(f"{sent} requests: {given} credentials, {kept} rows of refusals, {self.counted('rate_limited')} counted, "
              f"{grown} bytes of log")
        self.assertEqual(given, 11)
        self.assertLessEqual(kept, ROWS)
        self.assertLess(grown, LOG_BYTES)
        self.assert_accepted(self.enrolled(f"{self.name}-neighbour").provision())

    def test_a_thousand_ids_by_one_token(self) -> None:
        token, file = self.write_token(self.name)
        self.enroll("group", self.name, "--proof", "token", "--token-file", str(file), "--admission", "approval",
                    "--max-devices", "5")
        with self.crowd() as wire:
            for number in range(1000):
                device_id = f"applicant-{number}"
                wire.post(f"provisioning/v1/{device_id}/request", json.dumps({
                    "request_id": secrets.token_urlsafe(16), "device_id": device_id, "token": token,
                    "credential": {"type": "x509", "csr": self.enrolled_csr()}}).encode())
            answers = []
            while len(answers) < 1000 and (message := wire.receive(10)):
                answers.append(json.loads(message.payload) if message.payload[:1] == b"{" else None)
        waiting = self.query("SELECT device_id FROM registry.pending_approvals")
        print(f"{len(answers)} answers; {len(waiting)} wait")
        self.assertEqual(len(answers), 1000)
        # Two workers, each of which may fill what is left.
        self.assertIn(len(waiting), range(5, 11))
        self.assertEqual(len(self.query("SELECT device_id FROM registry.devices WHERE device_id LIKE 'applicant-%'")),
                         len(waiting))

    def enrolled_csr(self) -> str:
        if not hasattr(self, "_csr"):
            self._csr = self.device("applicant", self.token_proof("")).csr()
        return self._csr
