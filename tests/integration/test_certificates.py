"""Certificates of the service are replaced while devices go on, as docs/certificates.md says."""

from __future__ import annotations

import base64
import json
import shutil
import ssl
import subprocess
from dataclasses import replace

from cryptography.hazmat.primitives import serialization
from proof_case import ProofTest
from test_docs import blocks

from daemon import clean_environment
from foreign_device import Device
from jose import generate_key, openssl
from wire import WireError


class Certificates(ProofTest):
    """Every case leaves the stack as it found it."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.factory = cls.enroll_factory(cls(), "factory")
        cls.key = generate_key("ES256")

    def setUp(self) -> None:
        self.pki = self.folder / self.name / "pki"
        shutil.copytree(self.stack.pki, self.pki)
        self.addCleanup(self.restore)

    def restore(self) -> None:
        for file in ("device-ca.pem", "broker.pem", "broker-key.pem"):
            (self.stack.pki / file).write_bytes((self.pki / file).read_bytes())
        self.stack.mosquitto.restart()
        self.reconfigure()

    def follow(self, number: int) -> None:
        """Does what a block of the page says, in a copy of the stack's folder."""
        script = blocks("docs/certificates.md", "sh")[number]
        subprocess.run(["bash", "-euo", "pipefail", "-c", script], check=True, capture_output=True,
                       env=clean_environment({"PKI": str(self.pki), "LATCHKEY_BIN": str(self.stack.binary)}))

    def installed(self, file: str) -> str:
        """A file of the copy where the service can read it."""
        content = (self.pki / file).read_text()
        return str(self.stack.home.keep_secret(f"{self.name}-{file.replace('/', '-')}", content))

    def reconfigure(self, **sections: dict[str, str]) -> None:
        self.stack.settings = dict(sections)
        self.stack.write_configuration()
        self.stack.service.restart()

    def broker_file(self, name: str, content: bytes) -> None:
        """What the broker has under this name from its next start on."""
        (self.stack.pki / name).write_bytes(content)

    def is_issued_by(self, device: Device, ca: str) -> bool:
        return subprocess.run(["openssl", "verify", "-CAfile", str(self.pki / ca), str(device.certificate_file)],
                              capture_output=True).returncode == 0

    def joined(self, device_id: str) -> Device:
        """A device that is registered, without a symmetric key: the service's certificate signs for it."""
        device = self.holder(device_id, self.key, self.factory.leaf(device_id, self.key))
        self.assert_accepted(device.provision())
        return device

    def test_shown(self) -> None:
        shown = json.loads(self.stack.latchkey("ca", "show", "--json"))
        self.assertEqual([(each["certificate"], each["due"]) for each in shown], [("device_ca", False), ("signing", False)])
        fingerprint = openssl("x509", "-in", str(self.pki / "device-ca.pem"), "-noout", "-fingerprint", "-sha256").decode()
        self.assertEqual(shown[0]["sha256"], fingerprint.split("=")[1].strip().replace(":", "").lower())
        self.assertIn("shortens  from", self.stack.latchkey("ca", "show"))
        later = subprocess.run(["faketime", "-f", "+7200d", str(self.stack.binary), "ca", "show"], capture_output=True, text=True,
                               env=clean_environment(self.stack.environment))
        self.assertEqual(later.returncode, 1, later.stderr)
        self.assertIn("to do     now: make a new device CA", later.stdout)
        self.assertEqual(self.run_latchkey("ca", "show", "--config", "/nonexistent").returncode, 78)

    def test_a_new_signing_certificate(self) -> None:
        device = self.joined(self.name)
        self.follow(0)
        self.reconfigure(pki={"signing_certificate_file": self.installed("signing-2.pem"),
                              "signing_key_file": self.installed("signing-2-key.pem")})
        self.assertEqual(device.become_ready()["state"], "ready")
        self.joined(f"{self.name}-2")

    def test_a_signing_certificate_of_the_kind_of_before(self) -> None:
        """By another usage and without a name: nothing starts with it, and each says what to do."""
        extensions, request = self.pki / "before.ext", self.pki / "before.csr"
        extensions.write_text("basicConstraints=critical,CA:FALSE\n"
                              "extendedKeyUsage=critical,2.25.93801460738676613155825682352279867567\n")
        openssl("req", "-new", "-key", str(self.pki / "signing-key.pem"), "-subj", "/CN=Latchkey answers", "-out", str(request))
        openssl("x509", "-req", "-in", str(request), "-CA", str(self.pki / "server-ca.pem"), "-CAkey",
                str(self.pki / "server-ca-key.pem"), "-days", "100", "-extfile", str(extensions), "-out", str(self.pki / "before.pem"))
        environment = clean_environment(self.stack.environment |
                                        {"LATCHKEY_PKI_SIGNING_CERTIFICATE_FILE": str(self.pki / "before.pem")})
        for command, code in ((["config", "check"], 78), (["serve"], 78), (["doctor"], 1)):
            with self.subTest(command):
                result = subprocess.run([str(self.stack.binary), *command], capture_output=True, text=True, timeout=60, env=environment)
                self.assertEqual(result.returncode, code, result.stdout + result.stderr)
                self.assertIn("cannot sign answers", result.stdout + result.stderr)
                self.assertIn("docs/certificates.md, A new signing certificate", result.stdout + result.stderr)

    def test_one_that_ends_soon_is_in_the_log(self) -> None:
        signing, request = self.pki / "signing-2.pem", self.pki / "signing-2.csr"
        self.follow(0)
        subprocess.run(["faketime", "-f", "-20h", "openssl", "x509", "-req", "-in", str(request), "-CA",
                        str(self.pki / "server-ca.pem"), "-CAkey", str(self.pki / "server-ca-key.pem"), "-days", "1", "-extfile",
                        str(self.pki / "signing.ext"), "-out", str(signing)], check=True, capture_output=True)
        self.reconfigure(pki={"signing_certificate_file": self.installed("signing-2.pem"),
                              "signing_key_file": self.installed("signing-2-key.pem")})
        said = [line for line in self.stack.service.last_lines(50).splitlines() if "has to be replaced" in line]
        self.assertEqual([json.loads(line)["certificate"] for line in said], ["signing"])
        self.assertEqual(self.run_latchkey("ca", "show").returncode, 1)

    def test_a_new_device_ca(self) -> None:
        device = self.joined(self.name)
        self.follow(1)
        self.broker_file("device-ca.pem", (self.pki / "device-cas.pem").read_bytes())
        self.stack.mosquitto.restart()
        self.reconfigure(pki={"device_ca_file": self.installed("new/device-ca.pem"),
                              "device_ca_key_file": self.installed("new/device-ca-key.pem")},
                         crl={"previous_ca_file": self.installed("device-ca.pem")})
        self.assertTrue(self.is_issued_by(device, "device-ca.pem"))
        self.assertEqual(device.become_ready()["state"], "ready")
        old = replace(device, folder=self.folder / self.name)
        shutil.copy(device.certificate_file, old.certificate_file)
        shutil.copy(device.key_file, old.key_file)

        device.proof = self.renewing(device, serialization.load_pem_private_key(device.key_file.read_bytes(), None)).proof
        device.request_id += "-2"
        self.assert_accepted(device.provision(), generation=2)
        self.assertTrue(self.is_issued_by(device, "new/device-ca.pem"))
        self.stack.sql(blocks("docs/certificates.md", "sql")[0])
        self.broker_file("device-ca.pem", (self.pki / "new/device-ca.pem").read_bytes())
        self.stack.mosquitto.restart()
        self.assertEqual(device.become_ready()["state"], "ready")
        with self.assertRaises((WireError, OSError)):
            old.connect()

    def test_a_new_anchor(self) -> None:
        early = self.joined(f"{self.name}-early")
        self.follow(1)
        both = self.installed("server-cas.pem")
        self.reconfigure(connection={"ca_file": both})
        device = self.joined(self.name)
        assert device.accepted
        given = [base64.b64decode(der) for der in device.accepted["connection"]["ca"]]
        anchors = self.folder / self.name / "anchors.pem"
        anchors.write_text("".join(ssl.DER_cert_to_PEM_cert(der) for der in given))
        self.assertEqual(len(given), 2)

        for file in ("broker.pem", "broker-key.pem"):
            self.broker_file(file, (self.pki / "new" / file).read_bytes())
        self.stack.mosquitto.restart()
        self.reconfigure(connection={"ca_file": both}, mqtt={"ca_file": both},
                         pki={"signing_certificate_file": self.installed("new/signing.pem"),
                              "signing_key_file": self.installed("new/signing-key.pem")})
        device.place = replace(device.place, anchors=anchors)
        device.proof = replace(device.proof, anchors=anchors)
        self.assertEqual(device.become_ready()["state"], "ready")
        with self.assertRaises((WireError, OSError)):
            early.connect()
