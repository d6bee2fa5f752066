"""The same request gives the same credential; another gives another (docs/protocol.md, 4)."""

from __future__ import annotations

import secrets
import time

from stack_case import StackTest


class Idempotence(StackTest):
    def test_a_repeat_after_a_lost_answer_gives_the_same_certificate(self) -> None:
        device = self.enrolled()
        with device.bootstrap() as wire:
            first, second = (device.ask(wire, time.monotonic() + 10) for _ in range(2))
        for answer in (first, second):
            self.assert_accepted(answer)
        self.assertEqual(first["credential"], second["credential"])
        self.assertNotEqual(first["tracking_id"], second["tracking_id"])
        self.assertEqual(len(self.certificates(self.name)), 1)
        self.assertEqual(self.decisions(self.name), ["accepted", "repeated"])

    def test_a_repeat_with_another_signature_of_the_csr_is_the_same_request(self) -> None:
        device = self.enrolled()
        self.assertNotEqual(device.csr(), device.csr())  # ECDSA signs with a random number
        self.assertEqual(device.provision()["credential"], device.provision()["credential"])

    def test_the_same_request_id_with_another_key_conflicts_and_changes_nothing(self) -> None:
        device = self.enrolled()
        self.assert_accepted(device.provision())
        device.key_file.unlink()
        self.assert_rejected(device.provision(), "conflict")
        self.assertEqual(len(self.certificates(self.name)), 1)

    def test_a_new_request_id_gives_the_next_generation(self) -> None:
        device = self.enrolled()
        self.assert_accepted(device.provision())
        device.become_ready()
        device.request_id = secrets.token_urlsafe(16)
        self.assert_accepted(device.provision(), generation=2)
        self.assertEqual(self.row(self.name)["state"], "ready", "a renewal changes no state")
        self.assertEqual(device.become_ready()["state"], "ready")
        self.assertEqual([c["status"] for c in self.certificates(self.name)], ["retired", "active"])

    def test_ten_copies_at_once_make_one_registration(self) -> None:
        device = self.enrolled()
        message = device.message()
        with device.bootstrap() as wire:
            for _ in range(10):
                wire.publish(device.topic("request"), message)
            answers = [device.listen(wire, time.monotonic() + 10, lambda _: True) for _ in range(10)]
        leaves = {str(answer and answer["credential"]) for answer in answers}
        self.assertEqual(len(leaves), 1)
        self.assertEqual(len(self.certificates(self.name)), 1)
        self.assertEqual(self.decisions(self.name).count("accepted"), 1)
