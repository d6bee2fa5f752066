"""Floods of proofs that are none: they keep nobody out and let nobody in."""

from __future__ import annotations

import itertools
import secrets
import time

from flood import Flood
from lax_case import LaxTest
from proof_case import ProofTest

from foreign_device import Device, SymmetricKey
from jose import generate_key

FLOOD_PER_SECOND = 1000


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
            flood = Flood(self.anybody(), owner.topic("request"), itertools.repeat(thief.message()), FLOOD_PER_SECOND)
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
