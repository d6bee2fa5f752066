"""Secrets on the broker: sealed to the device that asked, or not sent."""

from __future__ import annotations

from proof_case import ProofTest

from foreign_device import Device

PASSWORDS = {"credential_types": "'{x509,password}'"}
SEALED_CONFIG = {"sealing": "'always'", "config": "'{\"pin\": 4711}'"}


class Sealing(ProofTest):
    def member(self, **fields: object) -> Device:
        """It has a symmetric key of its own, and the policy of a group that gives passwords."""
        self.enroll_factory(self.name, **PASSWORDS)
        return self.enrolled(self.name, "--group", self.name, wants="password", **fields)

    def password_of(self, device: Device) -> str:
        answer = device.provision()
        self.assert_accepted(answer)
        credential = answer["credential"]
        self.assertEqual((credential["type"], credential["username"]), ("password", f"{self.name}@1"))
        self.assertNotIn("password", credential)
        self.assertEqual(set(device.opened), {"password", "config"})
        return device.opened["password"]

    def assert_same_again(self, device: Device) -> None:
        """A repeat brings the password again, sealed anew."""
        password = self.password_of(device)
        assert device.accepted
        sealed = device.accepted["sealed"]
        self.assertEqual(self.password_of(device), password)
        self.assertNotEqual(device.accepted["sealed"], sealed)
        self.assertRegex(password, "^[A-Za-z0-9_-]{32}$")

    def test_a_password_for_an_encryption_key(self) -> None:
        factory = self.enroll_factory(self.name, **PASSWORDS)
        self.assert_same_again(self.made_by(factory, wants="password", seals=True))

    def test_a_password_for_a_symmetric_key(self) -> None:
        self.assert_same_again(self.member())

    def test_an_encryption_key_comes_before_a_symmetric_one(self) -> None:
        self.assert_same_again(self.member(seals=True))

    def test_every_generation_has_a_password_of_its_own(self) -> None:
        device = self.member()
        first = self.password_of(device)
        again = self.device(self.name, device.proof, wants="password")
        self.assert_accepted(again.provision(), generation=2)
        self.assertNotEqual(again.opened["password"], first)

    def test_a_password_that_nobody_could_open(self) -> None:
        factory = self.enroll_factory(self.name, **PASSWORDS)
        self.refused(self.made_by(factory, wants="password"), "encryption_required")
        self.assert_not_registered(self.name)

    def test_a_password_where_only_certificates_are_given(self) -> None:
        factory = self.enroll_factory(self.name)
        self.refused(self.made_by(factory, wants="password", seals=True), "credential_not_allowed")

    def test_a_sealed_configuration(self) -> None:
        factory = self.enroll_factory(self.name, **SEALED_CONFIG)
        device = self.made_by(factory, seals=True)
        answer = device.provision()
        self.assert_accepted(answer)
        self.assertNotIn("config", answer)
        self.assertEqual(device.opened, {"config": {"pin": 4711}})
        with device.connect() as session:
            message = session.say("connected", generation=1)
            self.assertIn("sealed", message)
            self.assertEqual(message["config"], {"pin": 4711})
            ready = session.say("ready", config_version=message["config_version"])
            self.assertEqual(ready["state"], "ready")

    def test_a_sealed_configuration_for_a_symmetric_key(self) -> None:
        self.enroll_factory(self.name, **SEALED_CONFIG)
        device = self.enrolled(self.name, "--group", self.name)
        self.assert_accepted(device.provision())
        self.assertEqual(device.opened, {"config": {"pin": 4711}})
        with device.connect() as session:
            message = session.say("connected", generation=1)
            self.assertIn("sealed", message)
            self.assertEqual(message["config"], {"pin": 4711})

    def test_a_long_sealed_configuration_is_in_the_answer_where_it_fits(self) -> None:
        long = "x" * 2000  # where it does not: test_large_messages.py
        factory = self.enroll_factory(self.name, sealing="'always'", config=f"'{{\"long\": \"{long}\"}}'")
        device = self.made_by(factory, seals=True)
        self.assert_accepted(device.provision())
        self.assertEqual(device.opened, {"config": {"long": long}})
        with device.connect() as session:
            message = session.say("connected", generation=1)
            self.assertIn("sealed", message)
            self.assertEqual(message["config"], {"long": long})

    def test_a_configuration_that_nobody_could_open(self) -> None:
        factory = self.enroll_factory(self.name, **SEALED_CONFIG)
        self.refused(self.made_by(factory), "encryption_required")
        self.assert_not_registered(self.name)
