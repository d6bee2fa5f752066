"""Floods of proofs that are none: they keep nobody out and let nobody in."""

from __future__ import annotations

import secrets
import threading
import time

from lax_case import LaxTest
from proof_case import ProofTest

from foreign_device import Device, SymmetricKey
from jose import generate_key
from wire import Wire

FLOOD_PER_SECOND = 1000
BURST = 20


class Flood:
    """As many requests a second as asked for, by a thread with a connection of its own, until `stop`."""

    def __init__(self, wire: Wire, topic: str, payload: bytes) -> None:
        self.sent = 0
        self._wire, self._topic, self._payload = wire, topic, payload
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        start = time.monotonic()
        while not self._ended.is_set():
            for _ in range(BURST):
                self._wire.post(self._topic, self._payload)
            self.sent += BURST
            self._ended.wait(max(0.0, start + self.sent / FLOOD_PER_SECOND - time.monotonic()))
        self.per_second = self.sent / (time.monotonic() - start)

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()
        self._wire.close()


class Floods(LaxTest, ProofTest):
    def test_an_owner_gets_in_while_others_send_wrong_signatures_for_its_id(self) -> None:
        took, rates = [], []
        for number in range(20):
            device_id = f"{self.name[:40]}-{number}"
            key = generate_key("ES256")
            self.enroll_public_key(device_id, key)
            owner = self.holder(device_id, key)
            # Of the right form, under a key of the right kind: only the verification tells.
            thief = self.holder(device_id, generate_key("ES256"))
            flood = Flood(self.anybody(), owner.topic("request"), thief.message())
            try:
                time.sleep(1)  # the limit of the id is long passed
                start = time.monotonic()
                self.assert_accepted(owner.provision(30))
                took.append(time.monotonic() - start)
            finally:
                flood.stop()
            rates.append(flood.per_second)
        print(f"in within {max(took):.2f} s at most, {sorted(took)[10]:.3f} s in the middle, 20 times of 20; "
              f"{min(rates):.0f} wrong signatures/s at least")
        self.assertGreater(min(rates), 0.9 * FLOOD_PER_SECOND)

    def test_ten_thousand_ids_that_nobody_enrolled_get_nothing(self) -> None:
        """With the account's right password, by MACs, signatures and tokens of nobody."""
        key = generate_key("ES256")
        proofs = (SymmetricKey(secrets.token_bytes(32)), self.token_proof(secrets.token_urlsafe(24)))
        sample: list[Device] = [self.device("nobody-0", proof) for proof in proofs] + [self.holder("nobody-0", key)]
        csr = sample[0].csr()
        for device in sample:
            device.wants = "password"  # but for the member that is changed: no CSR is made for each
        with self.crowd() as wire:
            for number in range(10_000):
                device = sample[number % len(sample)]
                device.device_id, device.request_id = f"nobody-{number}", secrets.token_urlsafe(16)
                wire.publish(device.topic("request"), device.message(credential={"type": "x509", "csr": csr}))
            answers = []
            while message := wire.receive(5):
                answers.append(message.payload)
        self.assertEqual(len(answers), 10_000)
        self.assertTrue(all(b'"rejected"' in answer or b'"retry"' in answer for answer in answers))
        self.assertEqual(self.query("SELECT device_id FROM registry.devices WHERE device_id LIKE 'nobody-%'"), [])
        self.assertEqual(self.query("SELECT device_id FROM registry.certificates WHERE device_id LIKE 'nobody-%'"), [])
