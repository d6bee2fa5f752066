"""Configurations are sealed wherever the device can open them, or as its group says (docs/protocol.md, 3 and 6; G26)."""

from __future__ import annotations

import json
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from proof_case import ProofTest

from foreign_device import Device, SymmetricKey
from jose import Json, derive, from_base64url, generate_key, new_encryption_key
from stack import within

SECRET = "pin-4711"
CONFIG = {"pin": SECRET}


class SealedConfigurations(ProofTest):
    def group(self, sealing: str = "possible") -> bytes:
        """A group with a symmetric key, which is returned."""
        key, file = self.write_key(f"{self.name}-group")
        self.enroll("group", self.name, "--proof", "symmetric_key", "--key-file", str(file), "--sealing", sealing,
                    "--device-config", json.dumps(CONFIG))
        return key

    def member(self, key: bytes, **fields: Any) -> Device:
        return self.device(self.name, SymmetricKey(derive(key, self.name), self.name), **fields)

    def renewal_of(self, device: Device, **fields: Any) -> Device:
        """The same device, which asks by its certificate for the next one."""
        return self.renewing(device, load_pem_private_key(device.key_file.read_bytes(), None), **fields)  # type: ignore[arg-type]

    def change_config(self, device: Device, n: int) -> dict[str, object]:
        """So that the next session brings a configuration: what is acknowledged comes no more."""
        config: dict[str, object] = CONFIG | {"n": n}
        self.stack.sql(f"SELECT registry.set_device_config('{device.device_id}', '{json.dumps(config)}', 'why')")
        return config

    def next_configuration(self, device: Device, generation: int) -> Json:
        """The message that brings a changed configuration, in a session that ends ready."""
        config = self.change_config(device, generation)
        with device.connect() as session:
            message = session.say("connected", generation=generation)
            self.assertEqual(message["config"], config)
            session.say("ready", config_version=message["config_version"])
        return message

    def assert_sealed(self, device: Device, generation: int = 1) -> None:
        """In its answer and in its session."""
        answer = device.provision()
        self.assert_accepted(answer, generation)
        self.assertNotIn("config", answer)
        self.assertEqual(device.opened["config"]["pin"], SECRET)
        self.assertIn("sealed", self.next_configuration(device, generation))

    def assert_plain(self, device: Device, generation: int = 1) -> None:
        answer = device.provision()
        self.assert_accepted(answer, generation)
        self.assertNotIn("sealed", answer)
        self.assertEqual(answer["config"]["pin"], SECRET)
        self.assertNotIn("sealed", self.next_configuration(device, generation))

    def problems(self) -> list[str]:
        return [row["problem"] for row in self.query(f"SELECT problem FROM registry.stuck_devices WHERE device_id = '{self.name}'")]

    def await_problems(self, *problems: str) -> None:
        within(10, f"the problems are {problems}", lambda: self.problems() == list(problems))

    def roll_key(self) -> bytes:
        key, file = self.write_key(f"{self.name}-next")
        self.stack.latchkey("enroll", "roll-key", self.name, "--key-file", str(file))
        return key

    def retire_key(self) -> int:
        return int(self.stack.sql(f"SELECT registry.retire_group_key('{self.name}')").strip().splitlines()[-1])

    # --- possible, the default

    def every_kind(self) -> dict[str, Device]:
        """A device of each kind of proof; all but the first send an encryption_key."""
        config, key = ("--device-config", json.dumps(CONFIG)), generate_key("ES256")
        x509, public = f"{self.name}-x", f"{self.name}-p"
        factory = self.enroll_factory(self.name, config=f"'{json.dumps(CONFIG)}'")
        self.enroll_public_key(public, key)
        self.stack.sql(f"SELECT registry.set_device_config('{public}', '{json.dumps(CONFIG)}', 'why')")
        return {"symmetric key": self.enrolled(f"{self.name}-k", *config),
                "symmetric key, encryption_key": self.enrolled(f"{self.name}-e", *config, seals=True),
                "public key": self.holder(public, key, seals=True),
                "certificate": self.made_by(factory, x509, seals=True),
                "token": self.enrolled_by_token(f"{self.name}-t", *config, seals=True)}

    def test_who_shares_the_broker_reads_no_configuration(self) -> None:
        for kind, device in self.every_kind().items():
            with self.subTest(kind):
                self.assert_overheard(device, 1)
                self.assert_overheard(renewed := self.renewal_of(device), 2)
                if device.seals:
                    new_key = {"seals": True, "keeps_key": False, "encryption_key": new_encryption_key()}
                    self.assert_overheard(self.renewal_of(renewed, **new_key), 3)

    def assert_overheard(self, device: Device, generation: int) -> None:
        self.assert_sealed(device, generation)
        said = [from_base64url(payload.decode().split(".")[1]).decode() for payload in device.heard]
        messages = [json.loads(each) for each in said]
        # The answer and a configuration. A repeat, or a push that comes in between, may be there too.
        self.assertGreaterEqual(sum("sealed" in message for message in messages), 2)
        self.assertFalse([message for message in messages if "config" in message])
        self.assertNotIn(SECRET, "".join(said))

    def test_a_device_without_a_key_gets_it_in_clear(self) -> None:
        device = self.enrolled_by_token("", "--device-config", json.dumps(CONFIG))
        self.assert_plain(device)
        self.assert_plain(self.renewal_of(device), 2)

    def test_a_renewal_may_bring_the_first_encryption_key(self) -> None:
        device = self.enrolled_by_token("", "--device-config", json.dumps(CONFIG))
        self.assert_plain(device)
        self.assert_sealed(renewed := self.renewal_of(device, seals=True, keeps_key=False), 2)
        self.assert_sealed(self.renewal_of(renewed), 3)

    def test_a_device_that_lost_all_is_not_sealed_to_what_it_had(self) -> None:
        factory = self.enroll_factory(self.name, config=f"'{json.dumps(CONFIG)}'")
        key = generate_key("ES256")
        self.assert_sealed(self.holder(self.name, key, factory.leaf(self.name, key), seals=True))
        self.assert_plain(self.holder(self.name, key, factory.leaf(self.name, key)), 2)

    def test_it_is_the_key_that_was_proved_while_there_are_two(self) -> None:
        device = self.member(self.group())
        self.roll_key()
        self.assert_sealed(device)  # opens under its own key alone
        self.assert_sealed(renewed := self.renewal_of(device), 2)
        self.assert_sealed(self.renewal_of(renewed), 3)

    def test_under_a_retired_key_nothing_is_sealed_and_it_is_told(self) -> None:
        device = self.member(self.group())
        self.assert_sealed(device)
        self.assert_sealed(renewed := self.renewal_of(device), 2)
        newer = self.roll_key()
        self.assert_sealed(again := self.renewal_of(renewed), 3)  # after the roll, under the key from before
        self.assertEqual(self.problems(), [])
        self.assertEqual(self.retire_key(), 1)
        retired = "the symmetric key of its credential was retired: it has to provision by the newer one"
        self.assertEqual(self.problems(), [retired])
        self.assert_plain(self.renewal_of(again), 4)
        self.assertEqual(self.problems(), [retired], "a renewal does not mend it")
        self.assert_sealed(self.member(newer), 5)
        self.assertEqual(self.problems(), [])

    # --- always

    def test_a_symmetric_key_device_renews_where_all_is_sealed(self) -> None:
        device = self.member(self.group("always"))
        self.assert_sealed(device)
        self.assert_sealed(renewed := self.renewal_of(device), 2)
        self.assert_sealed(self.renewal_of(renewed), 3)

    def test_a_device_renews_without_a_new_encryption_key_where_all_is_sealed(self) -> None:
        factory = self.enroll_factory(self.name, sealing="'always'", config=f"'{json.dumps(CONFIG)}'")
        device = self.made_by(factory, seals=True)
        self.assert_sealed(device)
        self.assert_sealed(renewed := self.renewal_of(device), 2)
        self.assert_sealed(self.renewal_of(renewed), 3)

    def test_under_a_retired_key_a_device_is_refused_where_all_is_sealed(self) -> None:
        device = self.member(self.group("always"))
        self.assert_sealed(device)
        self.assert_sealed(renewed := self.renewal_of(device), 2)
        newer = self.roll_key()
        self.assertEqual(self.retire_key(), 1)
        self.assertEqual(self.refused(self.renewal_of(renewed), "encryption_required"),
                         "a sealed configuration, but no key to encrypt it with")
        self.assertEqual(len(self.problems()), 1)
        with renewed.connect() as session:  # its certificate still connects
            self.change_config(renewed, 9)
            message = session.say("connected", generation=2)
            self.assertFalse({"sealed", "config"} & set(message))
        self.assertIn("its configuration cannot be sent: it must be sealed, but the device has no key that it can open it with",
                      self.problems())
        self.assert_sealed(self.member(newer), 3)
        self.assertEqual(self.problems(), [])

    def test_a_device_without_a_key_is_told_when_its_group_begins_to_seal(self) -> None:
        factory = self.enroll_factory(self.name, config=f"'{json.dumps(CONFIG)}'")
        device = self.made_by(factory)
        self.assert_plain(device)
        self.stack.sql(f"SELECT registry.set_group_policy('{self.name}', '{{\"sealing\": \"always\"}}', 'why')")
        self.await_problems("its configuration cannot be sent: it must be sealed, but the device has no key that it can open it with")
        self.assertIn("no key to encrypt it with", self.refused(self.renewal_of(device), "encryption_required"))
        self.stack.sql(f"SELECT registry.set_group_policy('{self.name}', '{{\"sealing\": null}}', 'why')")
        self.await_problems()

    # --- never

    def test_nothing_is_sealed_where_the_group_says_never(self) -> None:
        device = self.member(self.group("never"), seals=True)
        self.assert_plain(device)
        self.assert_plain(self.renewal_of(device), 2)

    def test_a_password_is_sealed_where_the_group_says_never(self) -> None:
        factory = self.enroll_factory(self.name, sealing="'never'", credential_types="'{password}'",
                                      config=f"'{json.dumps(CONFIG)}'")
        device = self.made_by(factory, wants="password", seals=True)
        answer = device.provision()
        self.assert_accepted(answer)
        self.assertEqual((answer["config"], set(device.opened)), (CONFIG, {"password"}))
