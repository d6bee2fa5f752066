"""Who may join besides having a proof: whom an operator approved, and who is on the list."""

from __future__ import annotations

import time

from proof_case import ProofTest

from foreign_device import Device
from jose import Json


class Approval(ProofTest):
    def ask(self, device: Device) -> Json:
        with device.bootstrap() as wire:
            return device.ask(wire, time.monotonic() + 10)

    def waiting(self) -> list[Json]:
        return self.query(f"SELECT * FROM registry.pending_approvals WHERE device_id = '{self.name}'")

    def applicant(self) -> Device:
        """Waits for approval, in a group of its own."""
        device = self.made_by(self.enroll_factory(self.name, admission="'approval'"))
        self.assertEqual(self.ask(device)["status"], "pending")
        return device

    def another_request(self, device: Device, name: str) -> Device:
        """The same device and proof, asking for something else."""
        folder = self.folder / f"{self.name}-{name}"
        folder.mkdir()
        return Device(device.device_id, device.proof, device.place, folder)

    def test_what_waited_first_is_what_is_approved(self) -> None:
        device = self.applicant()
        first = self.waiting()
        self.assertEqual(self.row(self.name)["state"], "provisioning_requested")
        other = self.another_request(device, "other")
        self.assertEqual(self.ask(other)["status"], "pending")
        self.assertEqual([row["digest"] for row in self.waiting()], [row["digest"] for row in first])
        self.stack.sql(f"SELECT registry.approve('{self.name}', 'why')")
        self.assertEqual(self.ask(other)["status"], "pending")
        self.assert_accepted(device.provision())
        self.assertEqual(self.waiting(), [])
        self.assertEqual(device.become_ready()["state"], "ready")

    def test_what_is_rejected_is_refused_and_something_else_may_wait(self) -> None:
        device = self.applicant()
        self.stack.sql(f"SELECT registry.reject('{self.name}', 'not ours')")
        self.refused(device)
        self.assertEqual(self.waiting(), [])
        other = self.another_request(device, "other")
        self.assertEqual(self.ask(other)["status"], "pending")
        self.stack.sql(f"SELECT registry.approve('{self.name}', 'why')")
        self.refused(device)
        self.assert_accepted(other.provision())

    def test_an_operator_is_shown_what_waits_and_not_what_another_request_says(self) -> None:
        device = self.applicant()
        shown = self.waiting()
        other = self.another_request(device, "other")
        with other.bootstrap() as wire:
            wire.publish(other.topic("request"), other.message(attributes={"model": "forged"}))
            answer = other.listen(wire, time.monotonic() + 10, lambda _: True)
        assert answer
        self.assertEqual(answer["status"], "pending")
        self.assertEqual(self.waiting(), shown)

    def test_a_device_that_waits_has_nothing(self) -> None:
        device = self.applicant()
        self.assertEqual(self.ask(device)["status"], "pending")
        self.assertEqual(len(self.waiting()), 1)
        self.assertEqual(self.certificates(self.name), [])

    def test_only_who_is_on_the_list(self) -> None:
        device = self.made_by(self.enroll_factory(self.name, admission="'allow_list'"))
        self.refused(device)
        self.assert_not_registered(self.name)
        self.stack.sql(f"SELECT registry.enroll_device('{self.name}', 'group', group_name => '{self.name}')")
        self.assert_accepted(device.provision())
