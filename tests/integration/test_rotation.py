"""The service's side of a rotation: which generations are good for what, and when one ends (docs/protocol.md, 2 and 4)."""

from __future__ import annotations

import time

from proof_case import ProofTest

from foreign_device import Device, SymmetricKey
from jose import derive


class Rotation(ProofTest):
    def in_group(self, *policy: str) -> Device:
        """A device of a group of this case's own; `policy`: further flags of `enroll group`."""
        key, file = self.write_key(f"{self.name}-group")
        self.enroll("group", self.name, "--proof", "symmetric_key", "--key-file", str(file), *policy)
        return self.device(self.name, SymmetricKey(derive(key, self.name), self.name))

    def age(self, generation: int, what: str) -> None:
        self.stack.cluster.sql(f"UPDATE registry.credential SET {what} WHERE device_id = '{self.name}' AND "
                               f"generation = {generation}")

    def provisioned(self, *policy: str) -> Device:
        device = self.in_group(*policy)
        self.assert_accepted(device.provision())
        device.become_ready()
        return device

    def counts(self, device: Device, generation: int) -> bool:
        """Is `connected` with this device's certificate answered?"""
        with device.connect() as session:
            session.tell("connected", generation=generation)
            return session.listen(time.monotonic() + 2) is not None

    def statuses(self) -> list[str]:
        return [certificate["status"] for certificate in self.certificates(self.name)]

    def refused(self, device: Device, code: str = "unauthorized") -> str:
        return self.assert_reason(self.assert_rejected(device.provision(), code)["tracking_id"])

    # --- two generations, then one

    def test_both_generations_work_until_the_new_one_is_seen(self) -> None:
        first = self.provisioned()
        second = self.next_of(first)
        self.assert_accepted(second.provision(), generation=2)
        self.assertTrue(self.counts(first, 1))
        self.assertEqual(self.statuses(), ["active", "issued"])
        self.assertTrue(self.counts(second, 2))
        self.assertEqual(self.statuses(), ["retired", "active"])
        self.assertFalse(self.counts(first, 1), "a retired generation opens no session")
        self.assertEqual(self.refused(self.next_of(first)), "the certificate in x5t#S256 has ended: retired")
        self.assert_accepted(self.next_of(second).provision(), generation=3)

    def test_a_newer_issue_ends_one_that_was_not_used(self) -> None:
        first = self.provisioned()
        second, third = self.next_of(first), self.next_of(first)
        self.assert_accepted(second.provision(), generation=2)
        self.assert_accepted(third.provision(), generation=3)
        self.assertEqual(self.statuses(), ["active", "retired", "issued"])
        self.assertFalse(self.counts(second, 2))
        self.assertTrue(self.counts(first, 1), "what works is not ended by what was never used")
        self.assertTrue(self.counts(third, 3))

    def test_renew_after_is_at_two_thirds_of_the_life_with_jitter(self) -> None:
        first = self.provisioned("--lifetime-s", "30000")
        assert first.accepted
        told = [first.accepted] + [self.next_of(first).provision() for _ in range(4)]
        places = [(answer["credential"]["renew_after"] - answer["server_time"]) / 30000 for answer in told]
        for place in places:
            self.assertAlmostEqual(place, 2 / 3, delta=0.052)
        self.assertGreater(len(set(places)), 1)

    # --- the grace after the end

    def test_an_expired_certificate_renews_within_its_groups_grace(self) -> None:
        first = self.provisioned("--renewal-grace-days", "3")
        self.age(1, "not_before = now() - interval '50 days', not_after = now() - interval '71 hours'")
        self.assertFalse(self.counts(first, 1))
        self.assertEqual(self.statuses(), ["expired"])
        self.assert_accepted(self.next_of(first).provision(), generation=2)

    def test_after_the_grace_it_is_refused_and_the_factorys_proof_goes_on(self) -> None:
        first = self.provisioned("--renewal-grace-days", "3")
        self.age(1, "not_before = now() - interval '50 days', not_after = now() - interval '73 hours'")
        self.assertEqual(self.refused(self.next_of(first)), "the certificate in x5t#S256 has ended: expired")
        self.assert_accepted(self.next_of(first, first.proof).provision(), generation=2)

    def test_without_a_grace_the_end_is_the_end(self) -> None:
        first = self.provisioned("--renewal-grace-days", "0")
        self.age(1, "not_before = now() - interval '50 days', not_after = now() - interval '1 second'")
        self.assertEqual(self.refused(self.next_of(first)), "the certificate in x5t#S256 has ended: expired")

    # --- never used (G12)

    def test_what_was_never_used_ends_and_may_be_asked_for_again(self) -> None:
        device = self.in_group("--unused-life-s", "3600", "--reprovisioning", "deny")
        self.assert_accepted(device.provision())
        self.assertAlmostEqual(self.seconds_to_use(1), 3600, delta=30)
        self.age(1, "use_by = now() - interval '1 second'")
        self.assertEqual(self.statuses(), ["expired"])
        self.assertFalse(self.counts(device, 1))
        self.assert_rejected(device.provision(), "conflict")  # its request_id is spent, and names no live credential
        again = self.next_of(device, device.proof)
        self.assert_accepted(again.provision(), generation=2)
        self.assertEqual(again.become_ready()["state"], "ready")

    def test_what_was_used_does_not_end_by_that_limit(self) -> None:
        device = self.provisioned("--unused-life-s", "3600")
        self.age(1, "use_by = now() - interval '1 second'")
        self.assertTrue(self.counts(device, 1))
        self.assert_accepted(self.next_of(device).provision(), generation=2)

    def test_a_renewal_that_was_never_used_leaves_the_old_one_good(self) -> None:
        first = self.provisioned()
        second = self.next_of(first)
        self.assert_accepted(second.provision(), generation=2)
        self.age(2, "use_by = now() - interval '1 second'")
        self.assertFalse(self.counts(second, 2))
        self.assertTrue(self.counts(first, 1))
        self.assert_rejected(second.provision(), "conflict")
        third = self.next_of(first)
        self.assert_accepted(third.provision(), generation=3)
        self.assertTrue(self.counts(third, 3))

    def test_a_token_gives_another_one_only_when_the_first_was_never_used(self) -> None:
        device = self.enrolled_by_token()
        self.assert_accepted(device.provision())
        self.refused(self.next_of(device, device.proof), "reprovisioning_denied")
        self.age(1, "use_by = now() - interval '1 second'")
        again = self.next_of(device, device.proof)
        self.assert_accepted(again.provision(), generation=2)
        again.become_ready()
        self.refused(self.next_of(device, device.proof), "reprovisioning_denied")

    # --- passwords sign nothing

    def test_a_password_is_renewed_by_the_enrolments_proof_when_its_time_has_come(self) -> None:
        device = self.in_group("--credential-type", "password", "--reprovisioning", "deny")
        device.wants, device.seals = "password", True
        self.assert_accepted(device.provision())
        self.stack.cluster.sql(f"UPDATE registry.credential SET status = 'active', connected_at = now() WHERE device_id = "
                               f"'{self.name}'; UPDATE registry.device SET state = 'ready', confirmed = 1 WHERE device_id = '{self.name}'")
        self.refused(self.next_of(device, device.proof, wants="password", seals=True), "reprovisioning_denied")
        self.age(1, "not_before = not_before - (not_after - now()) * 2")  # two thirds of its life are over
        again = self.next_of(device, device.proof, wants="password", seals=True)
        self.assert_accepted(again.provision(), generation=2)
        assert again.accepted
        self.assertEqual(again.accepted["credential"]["username"], f"{self.name}@2")
        self.assertNotEqual(again.opened["password"], device.opened["password"])

    def seconds_to_use(self, generation: int) -> float:
        return float(self.stack.cluster.sql(
            f"SELECT extract(epoch FROM use_by - issued_at) FROM registry.credential WHERE device_id = '{self.name}' AND "
            f"generation = {generation}"))
