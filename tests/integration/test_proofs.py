"""Every proof, by a device that is not ours: who has it is let in, who has nearly it is not."""

from __future__ import annotations

import base64
import secrets
import time

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from proof_case import ProofTest

from factory import Factory, as_pem
from foreign_device import Device, SymmetricKey
from jose import PrivateKey, derive, generate_key


class Proofs(ProofTest):
    # --- an enrolled public key

    def test_a_public_key_of_each_algorithm(self) -> None:
        for alg in ("ES256", "ES384", "RS256", "Ed25519"):
            with self.subTest(alg):
                name, key = f"{self.name}-{alg}", generate_key(alg)
                self.enroll_public_key(name, key)
                self.refused(self.holder(name, generate_key(alg)))
                self.assert_not_registered(name)
                device = self.holder(name, key)
                self.assert_accepted(device.provision())
                self.assertEqual(device.become_ready()["state"], "ready")

    def test_a_key_of_another_algorithm(self) -> None:
        self.enroll_public_key(self.name, generate_key("ES256"))
        self.refused(self.holder(self.name, generate_key("Ed25519")))

    # --- a certificate of a group's CA

    def test_a_chain_to_the_groups_ca(self) -> None:
        device = self.made_by(self.enroll_factory(self.name))
        self.assert_accepted(device.provision())
        self.assertEqual(self.row(self.name)["enrolled_by"], f"group:{self.name}")
        self.assertEqual(device.become_ready()["state"], "ready")

    def test_a_chain_that_ends_with_the_groups_ca_which_is_no_root(self) -> None:
        line = Factory(f"{self.name} line", above=Factory(f"{self.name} root"))
        self.stack.sql(f"SELECT registry.enroll_group('{self.name}', 'x509', registry.pem('{line.pem}'))")
        key = generate_key("ES256")
        for what, chain in (("alone", ()), ("with", (line.der,))):
            with self.subTest(what):
                device = self.holder(f"{self.name}-{what}", key, line.leaf(f"{self.name}-{what}", key), *chain)
                self.assert_accepted(device.provision())
        assert line.above
        self.refused(self.holder(self.name, key, line.leaf(self.name, key), line.der, line.above.der))

    def test_a_certificate_of_another_device(self) -> None:
        factory, key = self.enroll_factory(self.name), generate_key("ES256")
        self.refused(self.holder(self.name, key, factory.leaf(f"{self.name}-2", key)))
        self.assert_not_registered(self.name)

    def test_an_expired_certificate(self) -> None:
        factory, key = self.enroll_factory(self.name), generate_key("ES256")
        self.refused(self.holder(self.name, key, factory.leaf(self.name, key, ended=True)))
        self.assert_not_registered(self.name)

    def test_a_chain_to_another_ca_whatever_its_name(self) -> None:
        self.enroll_factory(self.name)
        for name in ("nobody's CA", f"{self.name} CA"):
            self.refused(self.made_by(Factory(name)))
        self.assert_not_registered(self.name)

    def test_a_certificate_without_its_key(self) -> None:
        """It is public: whoever saw the device's request has it."""
        leaf = self.enroll_factory(self.name).leaf(self.name, generate_key("ES256"))
        self.refused(self.holder(self.name, generate_key("ES256"), leaf))
        self.assert_not_registered(self.name)

    # --- a certificate that is enrolled itself

    def test_a_pinned_certificate(self) -> None:
        factory, key = Factory("unknown to the service"), generate_key("ES256")
        leaf = factory.leaf(self.name, key)
        pem = as_pem(x509.load_der_x509_certificate(leaf))
        self.stack.sql(f"SELECT registry.enroll_device('{self.name}', 'x509', registry.pem('{pem}'))")
        self.refused(self.holder(self.name, key, factory.leaf(self.name, key)))
        self.refused(self.holder(self.name, generate_key("ES256"), leaf))
        self.assert_not_registered(self.name)
        self.assert_accepted(self.holder(self.name, key, leaf).provision())

    # --- the certificate in use

    def connected(self) -> tuple[Device, PrivateKey]:
        device = self.enrolled()
        device.provision()
        with device.connect() as session:
            session.say("connected", generation=1)
        key = load_pem_private_key(device.key_file.read_bytes(), None)
        assert isinstance(key, EllipticCurvePrivateKey)
        return device, key

    def test_a_renewal(self) -> None:
        device, key = self.connected()
        self.refused(self.renewing(device, generate_key("ES256")))
        self.assert_accepted(self.renewing(device, key).provision(), generation=2)

    def test_a_renewal_of_a_revoked_device(self) -> None:
        device, key = self.connected()
        self.stack.sql(f"SELECT registry.revoke('{self.name}', 'stolen')")
        answer = self.renewing(device, key).provision()
        self.assertEqual(answer["status"], "rejected", answer)
        self.assertEqual(len(self.certificates(self.name)), 1)

    # --- whose device it is, and whether it may at all

    def test_a_disabled_group(self) -> None:
        factory = self.enroll_factory(self.name)
        self.stack.sql(f"SELECT registry.disable_group('{self.name}', 'recalled')")
        device = self.made_by(factory)
        self.refused(device)
        self.stack.sql(f"SELECT registry.enable_group('{self.name}', 'why')")
        self.assert_accepted(device.provision())

    def test_a_disabled_device_beats_an_enabled_group(self) -> None:
        device = self.made_by(self.enroll_factory(self.name))
        self.stack.sql(f"SELECT registry.enroll_device('{self.name}', 'group', group_name => '{self.name}');"
                       f"SELECT registry.disable_device('{self.name}', 'lost')")
        self.refused(device)
        self.stack.sql(f"SELECT registry.enable_device('{self.name}', 'why')")
        self.assert_accepted(device.provision())

    def test_a_device_belongs_to_the_enrolment_and_key_that_registered_it(self) -> None:
        first, second = (self.enroll_factory(f"{self.name}-{number}"[-48:]) for number in (1, 2))
        self.assert_accepted(self.made_by(first).provision())
        self.refused(self.made_by(second))
        self.refused(self.made_by(first))  # its group, another key
        self.stack.sql(f"SELECT registry.reset('{self.name}', 'sold')")
        self.assert_accepted(self.made_by(second).provision(), generation=2)

    def test_a_groups_ca_is_rolled(self) -> None:
        for group, ca in (("ca-renamed", "next CA"), ("ca-same-name", "ca-same-name CA")):
            with self.subTest(group):
                old, new = self.enroll_factory(group), Factory(ca)
                self.stack.sql(f"SELECT registry.roll_group_key('{group}', registry.pem('{new.pem}'))")
                for factory, name in ((old, "old"), (new, "new")):
                    self.assert_accepted(self.made_by(factory, f"{group}-{name}").provision())
                self.stack.sql(f"SELECT registry.retire_group_key('{group}')")
                self.refused(self.made_by(old, f"{group}-late"))
                self.assert_accepted(self.made_by(new, f"{group}-later").provision())

    def test_a_groups_key_is_rolled(self) -> None:
        old, new = self.enroll_group_key("key-rolled"), secrets.token_bytes(32)
        self.stack.sql(f"SELECT registry.roll_group_key('key-rolled', '{self.sealed_for('key-rolled', new)}')")
        for number, key in enumerate((old, new)):
            device = self.member("key-rolled", key, f"{self.name}-{number}")
            self.assert_accepted(device.provision())
            self.assertEqual(device.become_ready()["state"], "ready")  # each is spoken to under the key that it knows
        self.stack.sql("SELECT registry.retire_group_key('key-rolled')")
        self.refused(self.member("key-rolled", old, f"{self.name}-late"))
        self.refused(self.member("key-rolled", old, f"{self.name}-0"))
        self.assert_accepted(self.member("key-rolled", new, f"{self.name}-later").provision())

    def enroll_group_key(self, group: str) -> bytes:
        key, file = self.write_key(group)
        self.enroll("group", group, "--proof", "symmetric_key", "--key-file", str(file))
        return key

    def member(self, group: str, group_key: bytes, device_id: str) -> Device:
        return self.device(device_id, SymmetricKey.of_group(group, group_key, device_id))

    def sealed_for(self, group: str, key: bytes) -> str:
        """A key as the registry keeps it (architecture: a version, the master key's id, AES-256-GCM bound to the group)."""
        master = base64.b64decode((self.stack.pki / "master.key").read_bytes())
        iv = secrets.token_bytes(12)
        body = AESGCM(derive(master, "sealing at rest v1")).encrypt(iv, key, f"group:{group}".encode())
        return "\\x" + (b"\x01" + derive(master, "master key id v1")[:8] + iv + body).hex()

    def test_a_renewal_of_a_disabled_device(self) -> None:
        device, key = self.connected()
        self.stack.sql(f"SELECT registry.disable_device('{self.name}', 'lost')")
        self.refused(self.renewing(device, key))

    # --- who fails often

    def test_nobody_locks_the_owner_of_a_key_out(self) -> None:
        device = self.enrolled()
        codes = []
        with device.bootstrap() as wire:
            for _ in range(15):
                stranger = self.device(self.name, SymmetricKey(secrets.token_bytes(32)))
                codes.append(stranger.ask(wire, time.monotonic() + 10)["code"])
            self.assertLessEqual(set(codes), {"unauthorized", "rate_limited"})  # by when the minute began
            self.assert_accepted(device.ask(wire, time.monotonic() + 2))
