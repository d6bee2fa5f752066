"""JWS and JWE exchanged both ways with two implementations that are not ours: python3-jwcrypto and the jose command."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import tempfile
import unittest
from typing import Any

from jwcrypto import jwe, jwk, jws
from jwcrypto.common import base64url_decode

Json = dict[str, Any]

PEER = os.environ["LATCHKEY_JOSE_PEER"]
SIGNING = ("ES256", "ES384", "RS256", "Ed25519")
PLAINTEXT = '{"password":"correct horse","config":{"a":"\u00fc"}}'
REQUEST = json.dumps({"request_id": "request-0123456789", "device_id": "12345", "credential": {"type": "password"},
                      "issued_at": 1767225600})
HEADER = {"typ": "provisioning-request+jws", "kid": "fleet"}


class Peer:
    """Our code, in a process that lives as long as the tests."""

    def __init__(self) -> None:
        self.process = subprocess.Popen([PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, op: str, **members: object) -> Json:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"op": op} | members) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate()
        if self.process.returncode != 0:
            raise AssertionError(f"our side ended with {self.process.returncode}")


class JwCrypto:
    """The library. It knows Ed25519 by its old name only, which we accept."""

    algorithms = SIGNING

    def name(self, alg: str) -> str:
        return "EdDSA" if alg == "Ed25519" else alg

    def generate(self, alg: str) -> Json:
        kinds = {"ES256": {"kty": "EC", "crv": "P-256"}, "ES384": {"kty": "EC", "crv": "P-384"},
                 "RS256": {"kty": "RSA", "size": 2048}, "Ed25519": {"kty": "OKP", "crv": "Ed25519"}}
        return json.loads(jwk.JWK.generate(**kinds[alg]).export())

    def public(self, key: Json) -> Json:
        return json.loads(jwk.JWK(**key).export_public())

    def sign(self, alg: str, payload: str, key: Json) -> str:
        token = jws.JWS(payload)
        token.add_signature(jwk.JWK(**key), protected=json.dumps(HEADER | {"alg": self.name(alg)}))
        return token.serialize(compact=True)

    def verify(self, alg: str, text: str, key: Json) -> str:
        if alg == "Ed25519":  # RFC 9864's name, which we write, is younger than the library: below its names, then
            signed, signature = text.rsplit(".", 1)
            jwk.JWK(**key).get_op_key("verify").verify(base64url_decode(signature), signed.encode())
            return base64url_decode(signed.split(".")[1]).decode()
        token = jws.JWS()
        token.allowed_algs = [alg]
        token.deserialize(text, jwk.JWK(**key))
        return token.payload.decode()

    def seal(self, alg: str, plaintext: str, key: Json) -> str:
        token = jwe.JWE(plaintext, json.dumps({"alg": alg, "enc": "A256GCM"}), recipient=jwk.JWK(**key))
        return token.serialize(compact=True)

    def open(self, alg: str, text: str, key: Json) -> str:
        token = jwe.JWE(algs=[alg, "A256GCM"])
        token.deserialize(text, jwk.JWK(**key))
        return token.payload.decode()


class JoseCommand:
    """The program (in C, on OpenSSL and jansson). It has no Ed25519."""

    algorithms = ("ES256", "ES384", "RS256")

    def run(self, *arguments: str, stdin: str = "", key: Json | None = None) -> str:
        with tempfile.NamedTemporaryFile("w", suffix=".jwk") as file:  # keys come from files only
            json.dump(key, file)
            file.flush()
            with_key = ["-k", file.name] if key else []
            result = subprocess.run(["jose", *arguments, *with_key], input=stdin, capture_output=True, text=True)
        if result.returncode != 0:
            raise AssertionError(f"jose {arguments} ended with {result.returncode}: {result.stderr}")
        return result.stdout

    def generate(self, alg: str) -> Json:
        return json.loads(self.run("jwk", "gen", "-i", json.dumps({"alg": alg})))

    def public(self, key: Json) -> Json:
        return json.loads(self.run("jwk", "pub", "-i-", stdin=json.dumps(key)))

    def sign(self, alg: str, payload: str, key: Json) -> str:
        template = json.dumps({"protected": HEADER | {"alg": alg}})
        return self.run("jws", "sig", "-I-", "-c", "-s", template, stdin=payload, key=key)

    def verify(self, alg: str, text: str, key: Json) -> str:
        return self.run("jws", "ver", "-i-", "-O-", stdin=text, key=key | {"alg": alg})

    def seal(self, alg: str, plaintext: str, key: Json) -> str:
        template = json.dumps({"protected": {"alg": alg, "enc": "A256GCM"}})
        return self.run("jwe", "enc", "-I-", "-c", "-i", template, stdin=plaintext, key=key)

    def open(self, alg: str, text: str, key: Json) -> str:
        return self.run("jwe", "dec", "-i-", "-O-", stdin=text, key=key)


def symmetric_key() -> Json:
    return {"kty": "oct", "k": secrets.token_urlsafe(32)}


class Interoperation:
    """The cases; for each implementation a class of its own below."""

    other: Any

    def setUp(self) -> None:
        self.peer = Peer()
        self.addCleanup(self.peer.close)

    def test_they_verify_what_we_sign(self) -> None:
        for alg in self.other.algorithms:
            with self.subTest(alg):
                ours = self.peer.ask("generate", alg=alg)
                text = self.peer.ask("sign_request", pem=ours["pem"], payload=REQUEST)["jws"]
                self.assertEqual(self.other.verify(alg, text, ours["jwk"]), REQUEST)
        key = symmetric_key()
        text = self.peer.ask("sign_request", key=key["k"], payload=REQUEST)["jws"]
        self.assertEqual(self.other.verify("HS256", text, key), REQUEST)

    def test_we_verify_what_they_sign(self) -> None:
        for alg in self.other.algorithms:
            with self.subTest(alg):
                theirs, stranger = self.other.generate(alg), self.other.generate(alg)
                text = self.other.sign(alg, REQUEST, theirs)
                ask = {"device_id": "12345", "jws": text}
                public = {name: value for name, value in self.other.public(theirs).items() if name != "alg"}
                self.assertEqual(self.peer.ask("read_request", jwk=public, **ask), {"request_id": "request-0123456789"})
                self.assertIn("error", self.peer.ask("read_request", jwk=self.other.public(stranger), **ask))
                self.assertIn("private key", self.peer.ask("read_request", jwk=theirs, **ask)["error"])
        key = symmetric_key()
        ask = {"device_id": "12345", "jws": self.other.sign("HS256", REQUEST, key)}
        self.assertEqual(self.peer.ask("read_request", key=key["k"], **ask), {"request_id": "request-0123456789"})
        self.assertIn("error", self.peer.ask("read_request", key=symmetric_key()["k"], **ask))

    def test_they_open_what_we_seal(self) -> None:
        theirs = self.other.generate("ES256")
        theirs.pop("alg", None)
        theirs.pop("key_ops", None)
        text = self.peer.ask("seal", jwk=self.other.public(theirs), plaintext=PLAINTEXT)["jwe"]
        self.assertEqual(self.other.open("ECDH-ES", text, theirs), PLAINTEXT)
        key = symmetric_key()
        text = self.peer.ask("seal", key=key["k"], plaintext=PLAINTEXT)["jwe"]
        self.assertEqual(self.other.open("dir", text, key), PLAINTEXT)

    def test_we_open_what_they_seal(self) -> None:
        ours, stranger = self.peer.ask("generate", alg="ES256"), self.peer.ask("generate", alg="ES256")
        text = self.other.seal("ECDH-ES", PLAINTEXT, ours["jwk"])
        self.assertEqual(self.peer.ask("open_sealed", pem=ours["pem"], jwe=text), {"plaintext": PLAINTEXT})
        self.assertIn("error", self.peer.ask("open_sealed", pem=stranger["pem"], jwe=text))
        key = symmetric_key()
        text = self.other.seal("dir", PLAINTEXT, key)
        self.assertEqual(self.peer.ask("open_sealed", key=key["k"], jwe=text), {"plaintext": PLAINTEXT})
        self.assertIn("error", self.peer.ask("open_sealed", key=symmetric_key()["k"], jwe=text))

    def test_we_refuse_the_kinds_of_sealing_that_the_protocol_does_not_have(self) -> None:
        ours, key = self.peer.ask("generate", alg="ES256"), symmetric_key()
        wrapped = self.other.seal("ECDH-ES+A256KW", PLAINTEXT, ours["jwk"])
        self.assertIn("error", self.peer.ask("open_sealed", pem=ours["pem"], jwe=wrapped))
        wrapped = self.other.seal("A256KW", PLAINTEXT, key)
        self.assertIn("error", self.peer.ask("open_sealed", key=key["k"], jwe=wrapped))


class WithJwCrypto(Interoperation, unittest.TestCase):
    other = JwCrypto()

    def test_ed25519_under_its_old_name(self) -> None:
        ours = self.peer.ask("generate", alg="Ed25519")
        text = self.other.sign("Ed25519", REQUEST, json.loads(jwk.JWK.from_pem(ours["pem"].encode()).export()))
        self.assertEqual(self.peer.ask("read_request", jwk=ours["jwk"], device_id="12345", jws=text),
                         {"request_id": "request-0123456789"})

    def test_compressed_plaintext_is_refused(self) -> None:
        ours = self.peer.ask("generate", alg="ES256")
        header = json.dumps({"alg": "ECDH-ES", "enc": "A256GCM", "zip": "DEF"})
        text = jwe.JWE(PLAINTEXT, header, recipient=jwk.JWK(**ours["jwk"])).serialize(compact=True)
        self.assertIn("not known", self.peer.ask("open_sealed", pem=ours["pem"], jwe=text)["error"])

    def test_named_parties_are_refused(self) -> None:
        ours = self.peer.ask("generate", alg="ES256")
        header = json.dumps({"alg": "ECDH-ES", "enc": "A256GCM", "apu": "QWxpY2U", "apv": "Qm9i"})
        text = jwe.JWE(PLAINTEXT, header, recipient=jwk.JWK(**ours["jwk"])).serialize(compact=True)
        self.assertIn("not known", self.peer.ask("open_sealed", pem=ours["pem"], jwe=text)["error"])


class WithJoseCommand(Interoperation, unittest.TestCase):
    other = JoseCommand()
