"""The reference device and the device in C between a service played by the test and whoever else may write to it (docs/protocol.md, 7)."""

from __future__ import annotations

import base64
import json
import os
import signal
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from jwcrypto import jwe, jwk

from stack_case import StackTest

from daemon import clean_environment
from device_program import DeviceProgram, Reference, Small, stored
from foreign_device import CONFIG, REQUEST, RESPONSE
from jose import (SIGNER_NAME, SIGNER_USAGE, Json, PrivateKey, compact, derive, from_base64url, generate_key, openssl, private_pem,
                  sign, sign_hs256, signature_to_der, symmetric_jwk, to_base64url)

SECRETS = {"password": "correct horse", "config": {"token": "for this device alone"}}


class Signer:
    """A certificate and its key, as somebody signs answers with them."""

    def __init__(self, certificates: list[bytes], key: PrivateKey) -> None:
        self.certificates, self.key = certificates, key

    @staticmethod
    def load(certificate: Path, key: Path) -> Signer:
        loaded = serialization.load_pem_private_key(key.read_bytes(), None)
        return Signer([ssl.PEM_cert_to_DER_cert(certificate.read_text())], loaded)

    def issue(self, usage: str, subject: str = "made by a test", names: str = "") -> Signer:
        """A certificate of this authority's for a new key; `usage` and alternative `names` as openssl.cnf has them."""
        key = generate_key("ES256")
        with tempfile.TemporaryDirectory() as folder:
            files = {name: str(Path(folder) / name) for name in ("ca", "ca-key", "key", "csr", "extensions")}
            Path(files["ca"]).write_text(ssl.DER_cert_to_PEM_cert(self.certificates[0]))
            Path(files["ca-key"]).write_bytes(private_pem(self.key))
            Path(files["key"]).write_bytes(private_pem(key))
            alternative = f"subjectAltName={names}\n" if names else ""
            Path(files["extensions"]).write_text(f"extendedKeyUsage={usage}\n{alternative}")
            openssl("req", "-new", "-key", files["key"], "-subj", f"/CN={subject}", "-out", files["csr"])
            der = openssl("x509", "-req", "-in", files["csr"], "-CA", files["ca"], "-CAkey", files["ca-key"], "-days", "1",
                          "-extfile", files["extensions"], "-outform", "DER")
        return Signer([der], key)

    def certify(self, csr: bytes) -> bytes:
        """A certificate for a request, both DER."""
        with tempfile.TemporaryDirectory() as folder:
            names = {name: str(Path(folder) / name) for name in ("ca", "ca-key", "csr")}
            Path(names["ca"]).write_text(ssl.DER_cert_to_PEM_cert(self.certificates[0]))
            Path(names["ca-key"]).write_bytes(private_pem(self.key))
            Path(names["csr"]).write_bytes(csr)
            return openssl("x509", "-req", "-inform", "DER", "-in", names["csr"], "-CA", names["ca"], "-CAkey", names["ca-key"],
                           "-days", "1", "-outform", "DER")

    def sign(self, payload: bytes, typ: str = RESPONSE, **header: object) -> bytes:
        chain = {"x5c": [base64.b64encode(der).decode() for der in self.certificates]}
        return sign({"typ": typ} | chain | header, payload, self.key)


class RunningDevice:
    """`provision --credential password`, and what the test's service hears and says meanwhile."""

    def __init__(self, test: DeviceContract, *flags: str, verb: str = "provision") -> None:
        self.id, self.folder = test.name, test.folder / f"device-{test.name}"
        self.service = test.account("service", f"played-{test.name}")
        self.service.subscribe(f"provisioning/v1/{self.id}/request")
        command = [str(test.stack.device_binary), verb, self.id, "--dir", str(self.folder), "--json",
                   "--credential", "password", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env=clean_environment(test.stack.environment))

    def request(self) -> tuple[bytes, Json]:
        """The next message of the device: as it came, and what it says."""
        message = self.service.receive(20)
        assert message, "the device did not ask"
        body = message.payload
        return body, json.loads(from_base64url(body.decode().split(".")[1]) if body[:1] == b"e" else body)

    def say(self, message: bytes) -> None:
        self.service.publish(f"provisioning/v1/{self.id}/response", message)

    def next_answer(self) -> Json:
        """The next answer that the device believed."""
        assert self.process.stdout
        for line in self.process.stdout:
            step = json.loads(line)
            if step["step"] == "answer":
                return step
        raise AssertionError(f"the device ended: {self.process.stderr and self.process.stderr.read()}")

    def close(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()
        self.service.close()


class DeviceContract(StackTest):
    program: DeviceProgram = Reference()

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stack.device_binary = cls.stack.binary.with_name(cls.program.name)
        cls.stack.service.stop()
        pki = cls.stack.pki
        cls.service = Signer.load(pki / "signing.pem", pki / "signing-key.pem")
        cls.broker = Signer.load(pki / "broker.pem", pki / "broker-key.pem")
        cls.anchor = Signer.load(pki / "server-ca.pem", pki / "server-ca-key.pem")
        cls.device_ca = Signer.load(pki / "device-ca.pem", pki / "device-ca-key.pem")

    service: Signer
    broker: Signer
    anchor: Signer
    device_ca: Signer

    @contextmanager
    def running(self, *flags: str, **how: Any) -> Iterator[RunningDevice]:
        device = RunningDevice(self, *flags, **how)
        try:
            yield device
        finally:
            device.close()

    def private_key(self) -> tuple[PrivateKey, Path]:
        key, file = generate_key("ES384"), self.folder / f"{self.name}.key.pem"
        file.write_bytes(private_pem(key))
        return key, file

    def answer(self, request: Json, **changes: object) -> bytes:
        """The answer that the device waits for, but for the changes."""
        host, port = "localhost", self.stack.broker.device_port
        return compact({"request_id": request["request_id"], "device_id": request["device_id"], "status": "accepted",
                        "tracking_id": "genuine", "server_time": int(time.time()), "generation": 1,
                        "credential": {"type": "password", "username": f"{request['device_id']}@1"},
                        "connection": {"host": host, "port": port, "tls": True, "client_id": request["device_id"],
                                       "topics": f"devices/{request['device_id']}"},
                        "config_version": 1, "sealed": self.sealed(request)} | changes)

    def sealed(self, request: Json, key: bytes = b"", **header: str) -> str:
        """SECRETS to the request's encryption_key, or under a symmetric key."""
        recipient = symmetric_jwk(key) if key else jwk.JWK(**request.get("encryption_key", jwk.JWK.generate(kty="EC", crv="P-256")))
        alg = "dir" if key else "ECDH-ES"
        return jwe.JWE(compact(SECRETS), json.dumps({"alg": alg, "enc": "A256GCM"} | header),
                       recipient=recipient).serialize(compact=True)

    def forgeries(self, sent: bytes, request: Json) -> dict[str, bytes]:
        """What is like the genuine answer but for one thing, by what is wrong with it."""
        good = self.answer(request, tracking_id="forged")
        genuine = self.service.sign(good)
        parts = genuine.decode().split(".")
        der = to_base64url(signature_to_der(from_base64url(parts[2])))

        def signer(usage: str = f"critical,{SIGNER_USAGE}", names: str = SIGNER_NAME, by: Signer = self.anchor) -> bytes:
            return by.issue(usage, names=names).sign(good)

        return {
            "an unsigned accepted": good,
            "an unsigned pending": self.answer(request, tracking_id="forged", status="pending", retry_after_s=0),
            "an unsigned challenge": self.answer(request, tracking_id="forged", status="challenge", nonce="bm9uY2U"),
            "another request": self.service.sign(self.answer(request, tracking_id="forged", request_id="of-somebody-else")),
            "another device": self.service.sign(self.answer(request, tracking_id="forged", device_id="somebody-else")),
            "a configuration": self.service.sign(good, typ=CONFIG),
            "a request": self.service.sign(good, typ=REQUEST),
            "no typ": self.service.sign(good, typ=""),
            "a member that is not listed": self.service.sign(good, kid="fleet"),
            "a critical extension": self.service.sign(good, crit=["b64"], b64=False),
            "alg none": f"{to_base64url(compact({'typ': RESPONSE, 'alg': 'none'}))}.{parts[1]}.".encode(),
            "a MAC under the anchor": sign_hs256({"typ": RESPONSE, "alg": "HS256"}, good, self.anchor.certificates[0]),
            "the broker": self.broker.sign(good),
            "a device": self.device_ca.issue("clientAuth").sign(good),
            "a signer by the CA of devices": signer(by=self.device_ca),
            "the anchor itself": self.anchor.sign(good),
            "a signer whose usage is not critical": signer(SIGNER_USAGE),
            "a signer with a second usage": signer(f"critical,{SIGNER_USAGE},clientAuth"),
            "a signer of the kind of before": signer("critical,2.25.93801460738676613155825682352279867567"),
            "a signer without a name": signer(names=""),
            "a signer with another name": signer(names="URI:urn:latchkey:answers:v2"),
            "a signer with a second name": signer(names=f"{SIGNER_NAME},DNS:localhost"),
            "a signer with the name of another type": signer(names=SIGNER_NAME.replace("URI", "DNS")),
            "a chain": Signer(self.service.certificates + self.anchor.certificates, self.service.key).sign(good),
            "another key": Signer(self.service.certificates, generate_key("ES256")).sign(good),
            "a signature in DER": ".".join([*parts[:2], der]).encode(),
            "a signature with a byte more": genuine + b"AA",
            "its own request": sent,
            "something after it": genuine + b"\n",
        }

    def assert_only_the_genuine_counts(self, device: RunningDevice, forgeries: dict[str, bytes], genuine: bytes) -> None:
        """Answers arrive in order: what the device believed first was none of the forgeries."""
        for name, message in forgeries.items():
            with self.subTest(name):
                device.say(message)
        device.say(genuine)
        self.assertEqual({name: value for name, value in device.next_answer().items() if name in ("tracking_id", "signed")},
                         {"tracking_id": "genuine", "signed": True})

    def assert_kept(self, device: RunningDevice) -> None:
        folder = device.folder
        self.assertEqual(stored("password", lambda: self.program.password(folder)), SECRETS["password"])
        self.assertEqual(stored("configuration", lambda: self.program.config(folder)), SECRETS["config"])
        self.assertEqual([file.stat().st_mode & 0o777 for file in self.program.secret_files(folder)], [0o600, 0o600])

    def test_a_private_key_takes_the_services_answer_alone(self) -> None:
        _, file = self.private_key()
        with self.running("--private-key-file", str(file)) as device:
            sent, request = device.request()
            self.assert_only_the_genuine_counts(device, self.forgeries(sent, request),
                                                self.service.sign(self.answer(request)))
            self.assert_kept(device)

    def test_a_key_takes_its_own_macs_alone(self) -> None:
        key, file = self.write_key(self.name)
        answer_key = derive(key, "provisioning-response v1")

        def mac(payload: bytes, typ: str = RESPONSE, under: bytes = answer_key, **header: str) -> bytes:
            return sign_hs256({"typ": typ, "alg": "HS256"} | header, payload, under)

        with self.running("--key-file", str(file)) as device:
            sent, request = device.request()
            good = self.answer(request, tracking_id="forged")
            forgeries = {
                "an unsigned accepted": good,
                "the service's certificate": self.service.sign(good),
                "the key of requests": mac(good, under=key),
                "the key of secrets": mac(good, under=derive(key, "provisioning-sealed v1")),
                "no key": mac(good, under=b""),
                "a configuration": mac(good, typ=CONFIG),
                "a request": mac(good, typ=REQUEST),
                "another alg": mac(good, alg="ES256"),
                "a member that is not listed": mac(good, kid="fleet"),
                "another request": mac(self.answer(request, tracking_id="forged", request_id="of-somebody-else")),
                "half a MAC": mac(good)[:-20],
                "its own request": sent,
            }
            self.assert_only_the_genuine_counts(device, forgeries, mac(self.answer(request)))
            self.assert_kept(device)

    def test_secrets_that_do_not_open_are_asked_for_again(self) -> None:
        _, file = self.private_key()
        with self.running("--private-key-file", str(file)) as device:
            _, request = device.request()
            stranger = json.loads(jwk.JWK.generate(kty="EC", crv="P-256").export_public())
            self.assert_unusable(device, request, self.sealed({"encryption_key": stranger}))
            _, again = device.request()
            self.assertEqual([again[name] for name in ("request_id", "encryption_key")],
                             [request[name] for name in ("request_id", "encryption_key")])
            for sealed in (self.sealed(request, apu="QWxpY2U"), self.sealed(request, zip="DEF"),
                           self.sealed(request, key=os.urandom(32)), self.sealed(request)[:-4], "e30....", ""):
                self.assert_unusable(device, request, sealed)
            device.say(self.service.sign(self.answer(again)))
            self.assertEqual(device.next_answer()["status"], "accepted")
            self.assert_kept(device)

    def assert_unusable(self, device: RunningDevice, request: Json, sealed: str) -> None:
        device.say(self.service.sign(self.answer(request, sealed=sealed)))
        self.assertEqual(device.next_answer()["status"], "accepted")
        self.assertIsNone(self.program.password(device.folder))

    def rejected(self, request: Json, code: str) -> bytes:
        return self.service.sign(compact({"request_id": request["request_id"], "device_id": request["device_id"], "status": "rejected",
                                          "tracking_id": "genuine", "server_time": int(time.time()), "code": code, "message": "no"}))

    def test_a_new_request_cures_a_conflict_once(self) -> None:
        _, file = self.private_key()
        with self.running("--private-key-file", str(file)) as device:
            _, first = device.request()
            device.say(self.rejected(first, "conflict"))
            _, second = device.request()
            self.assertNotEqual(second["request_id"], first["request_id"])
            device.say(self.rejected(second, "conflict"))
            self.assertEqual(device.process.wait(20), 1)
            self.assertNotEqual(self.program.request_id(device.folder), second["request_id"])

    def test_a_final_rejection_is_not_followed_by_another_request_at_once(self) -> None:
        _, file = self.private_key()
        with self.running("--private-key-file", str(file)) as device:
            device.say(self.rejected(device.request()[1], "weak_key"))
            self.assertEqual(device.process.wait(20), 1)
            self.assertIsNone(device.service.receive(0.5))

    def test_one_that_runs_waits_a_minute_after_a_final_rejection(self) -> None:
        _, file = self.private_key()
        with self.running("--private-key-file", str(file), verb="run") as device:
            _, request = device.request()
            device.say(self.rejected(request, "weak_key"))
            assert device.process.stderr
            for line in device.process.stderr:
                if "refused: weak_key" in line:
                    self.assertRegex(line, "; it tries again in (59|60) s$")
                    break
            self.assertNotEqual(stored("request", lambda: self.program.request_id(device.folder)), request["request_id"])
            self.assertIsNone(device.service.receive(0.5))

    def test_without_an_encryption_key_secrets_come_under_the_devices_key(self) -> None:
        key, file = self.write_key(self.name)
        with self.running("--key-file", str(file), "--no-encryption-key") as device:
            _, request = device.request()
            self.assertNotIn("encryption_key", request)
            sealed = self.sealed(request, key=derive(key, "provisioning-sealed v1"))
            device.say(sign_hs256({"typ": RESPONSE, "alg": "HS256"}, self.answer(request, sealed=sealed),
                                  derive(key, "provisioning-response v1")))
            self.assertEqual(device.next_answer()["status"], "accepted")
            self.assert_kept(device)

    def test_a_chain_goes_out_leaf_first_and_is_signed_by_its_key(self) -> None:
        leaf = self.device_ca.issue("clientAuth", self.name)
        chain, key = self.folder / "chain.pem", self.folder / "leaf.key.pem"
        chain.write_text("".join(ssl.DER_cert_to_PEM_cert(der) for der in leaf.certificates + self.device_ca.certificates))
        key.write_bytes(private_pem(leaf.key))
        with self.running("--private-key-file", str(key), "--certificate-file", str(chain)) as device:
            sent, request = device.request()
            header = json.loads(from_base64url(sent.decode().split(".")[0]))
            self.assertEqual(header, {"typ": REQUEST, "alg": "ES256", "x5c": [
                base64.b64encode(der).decode() for der in leaf.certificates + self.device_ca.certificates]})
            device.say(self.service.sign(self.answer(request)))
            self.assertEqual(device.next_answer()["status"], "accepted")
            self.assert_kept(device)

    def test_files_that_do_not_belong_together_are_refused_before_anything_is_sent(self) -> None:
        leaf = self.device_ca.issue("clientAuth", self.name)
        chain = self.folder / "chain.pem"
        chain.write_text(ssl.DER_cert_to_PEM_cert(leaf.certificates[0]))
        _, key = self.private_key()
        where = ("provision", self.name, "--dir", str(self.folder / "unused"))
        result = self.run_device(*where, "--private-key-file", str(key), "--certificate-file", str(chain))
        self.assertEqual(result.returncode, 65, result.stderr)
        self.assertIn("is not the key of", result.stderr)
        result = self.run_device(*where, "--certificate-file", str(chain))
        self.assertEqual(result.returncode, 64, result.stderr)
        result = self.run_device(*where, "--private-key-file", str(key), "--no-encryption-key")
        self.assertEqual(result.returncode, 64, result.stderr)


class SmallDeviceContract(DeviceContract):
    """The same for the device in C (device/c/examples/linux)."""

    program = Small()
