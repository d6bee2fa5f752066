"""What the service signs by its certificate can be checked with the libraries that firmware engineers use: Debian's Go and
python3-cryptography, whose readers of certificates are not OpenSSL's."""

from __future__ import annotations

import base64
import importlib.util
import json
import shutil
import subprocess
import unittest
from pathlib import Path
from types import ModuleType, SimpleNamespace

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from proof_case import ProofTest
from test_device_contract import Signer

from jose import SIGNER_NAME, SIGNER_USAGE, Json, Refused, compact, from_base64url, generate_key

ROOT = Path(__file__).resolve().parents[2]
GO = shutil.which("go")


def load_python_device() -> ModuleType:
    """device/python/device.py as a module."""
    spec = importlib.util.spec_from_file_location("python_device", ROOT / "device/python/device.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Strangers(ProofTest):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.python_device = load_python_device()
        cls.anchor = Signer.load(cls.stack.pki / "server-ca.pem", cls.stack.pki / "server-ca-key.pem")
        cls.answer = cls.signed_answer(cls("test_python_cryptography"))

    python_device: ModuleType
    anchor: Signer
    answer: bytes

    def signed_answer(self) -> bytes:
        """What the service said to a device that proves itself by a private key, as it came over the broker."""
        key = generate_key("ES256")
        self.enroll_public_key("stranger", key)
        device = self.holder("stranger", key)
        with device.bootstrap() as wire:
            wire.publish(device.topic("request"), device.message())
            message = wire.receive(20)
        assert message
        return message.payload

    def forged(self, usage: str = f"critical,{SIGNER_USAGE}", names: str = SIGNER_NAME) -> bytes:
        """The same, signed by another certificate of the anchor's."""
        return self.anchor.issue(usage, names=names).sign(from_base64url(self.answer.decode().split(".")[1]))

    def forgeries(self) -> dict[str, bytes]:
        header, payload, signature = self.answer.decode().split(".")
        other = compact(json.loads(from_base64url(payload)) | {"generation": 7})
        return {
            "a server": self.forged("serverAuth", "DNS:localhost"),
            "the kind of before": self.forged("critical,2.25.93801460738676613155825682352279867567"),
            "not critical": self.forged(SIGNER_USAGE),
            "another name": self.forged(names="URI:urn:latchkey:answers:v2"),
            "a second name": self.forged(names=f"{SIGNER_NAME},DNS:localhost"),
            "no name": self.forged(names=""),
            "another payload": f"{header}.{base64.urlsafe_b64encode(other).rstrip(b'=').decode()}.{signature}".encode(),
        }

    def assert_genuine(self, payload: Json) -> None:
        self.assertEqual((payload["device_id"], payload["status"], payload["generation"]), ("stranger", "accepted", 1))

    def test_python_cryptography(self) -> None:
        """Its reader takes the whole certificate, and the example for firmware engineers believes nobody else."""
        header = json.loads(from_base64url(self.answer.decode().split(".")[0]))
        signer = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
        usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        self.assertEqual((usage.critical, [each.dotted_string for each in usage.value]), (True, ["1.3.6.1.5.5.7.3.37"]))
        names = signer.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual(list(names), [x509.UniformResourceIdentifier("urn:latchkey:answers:v1")])
        signer.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.assert_genuine(self.opened_by_python(self.answer))
        for what, message in self.forgeries().items():
            with self.subTest(what), self.assertRaises(Refused):
                self.opened_by_python(message)

    def opened_by_python(self, message: bytes) -> Json:
        place = self.place()
        login = self.stack.broker.password_file("bootstrap")
        _, key = self.write_key("stranger")
        device = self.python_device.Device(SimpleNamespace(
            id="stranger", group=None, dir=self.folder / "stranger-device", broker=place.url, user=place.username,
            password_file=login, server_ca=place.anchors, once=True, max_message_bytes=None,
            key_file=key))
        opened = device.opened("provisioning-response+jws", message, True)
        if opened is None:
            raise Refused("dropped")
        return opened

    @unittest.skipUnless(GO, "there is no go here")
    def test_go(self) -> None:
        assert GO
        program = self.folder / "stranger"
        subprocess.run([GO, "build", "-o", str(program), str(Path(__file__).with_name("stranger.go"))], check=True,
                       env={"HOME": str(self.folder), "PATH": "/usr/bin:/bin", "GO111MODULE": "off", "CGO_ENABLED": "0"})

        def opened(message: bytes) -> subprocess.CompletedProcess[bytes]:
            return subprocess.run([str(program), str(self.stack.pki / "server-ca.pem")], input=message, capture_output=True)

        genuine = opened(self.answer)
        self.assertEqual(genuine.returncode, 0, genuine.stderr.decode())
        self.assert_genuine(json.loads(genuine.stdout))
        for what, message in self.forgeries().items():
            with self.subTest(what):
                self.assertEqual((opened(message).returncode, opened(message).stdout), (1, b""))
