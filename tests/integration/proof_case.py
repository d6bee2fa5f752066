"""What the tests of proofs share: enrolment by SQL, as an operator does it."""

from __future__ import annotations

import secrets
import ssl
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from stack_case import StackTest

from factory import Factory
from foreign_device import Device, KeyPair, Proof, Renewal
from jose import PrivateKey, generate_key, public_pem


class ProofTest(StackTest):
    def enroll_public_key(self, device_id: str, key: PrivateKey) -> None:
        self.stack.sql(f"SELECT registry.enroll_device('{device_id}', 'public_key', registry.pem('{public_pem(key).decode()}'))")

    def enroll_factory(self, group: str, **policy: str) -> Factory:
        """A new factory and its group; `policy`: further arguments, SQL."""
        factory = Factory(f"{group} CA")
        further = "".join(f", {name} => {value}" for name, value in policy.items())
        self.stack.sql(f"SELECT registry.enroll_group('{group}', 'x509', registry.pem('{factory.pem}'){further})")
        return factory

    def holder(self, device_id: str, key: PrivateKey, *chain: bytes, **fields: Any) -> Device:
        """A device that proves itself by a private key, with a chain or without."""
        return self.device(device_id, KeyPair(key, self.place().anchors, chain), **fields)

    def made_by(self, factory: Factory, device_id: str = "", **fields: Any) -> Device:
        device_id = device_id or self.name
        key = generate_key("ES256")
        return self.holder(device_id, key, factory.leaf(device_id, key), **fields)

    def by_certificate(self, device: Device, key: PrivateKey | None = None) -> Renewal:
        """The proof by the certificate that it has; without `key` by that of its CSR."""
        first = device.proof.first if isinstance(device.proof, Renewal) else device.proof
        leaf = device.certificate_file.read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
        own = key or load_pem_private_key(device.key_file.read_bytes(), None)
        return Renewal(own, ssl.PEM_cert_to_DER_cert(leaf), self.place().anchors, first)  # type: ignore[arg-type]

    def renewing(self, device: Device, key: PrivateKey, **fields: Any) -> Device:
        """The same device, which goes on by the certificate that it has; `key` is that of its requests. Without an
        encryption_key of its own it opens what it is sent as before."""
        before = {"encryption_key": device.encryption_key, "keeps_key": device.seals or device.keeps_key}
        return self.device(device.device_id, self.by_certificate(device, key), **before | fields)

    def next_of(self, device: Device, proof: Proof | None = None, **fields: Any) -> Device:
        """The same device, asking for its next credential: with a key of its own, and by its certificate if by nothing else."""
        folder = self.folder / secrets.token_hex(4)
        folder.mkdir()
        return Device(device.device_id, proof or self.by_certificate(device), device.place, folder, **fields)

    def refused(self, device: Device, code: str = "unauthorized") -> str:
        """Refused and given nothing; the true reason."""
        before = len(self.certificates(device.device_id))
        answer = self.assert_rejected(device.provision(), code)
        self.assertEqual(len(self.certificates(device.device_id)), before)
        return self.assert_reason(answer["tracking_id"])
