"""Requests that are broken on purpose: each is refused by name, and the service does not so much as stumble."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator

from stack_case import StackTest

from foreign_device import REQUEST, Device, SymmetricKey
from jose import Json, compact, sign_hs256, to_base64url
from wire import Wire


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def plain_cases(good: Json) -> Iterator[tuple[str, bytes, str]]:
    """(what is wrong, payload, what the answer names: the member, or the rule of the document that is broken)."""
    def changed(**members: object) -> bytes:
        return compact(good | members)

    def without(member: str) -> bytes:
        return compact({name: value for name, value in good.items() if name != member})

    text = compact(good).decode()
    yield "empty", b"", ""
    yield "white space first", b" " + text.encode(), ""
    yield "a byte order mark first", b"\xef\xbb\xbf" + text.encode(), ""
    yield "an array", b"[]", ""
    yield "a number", b"7", ""
    yield "binary", bytes(range(256)), ""
    yield "cut short", text.encode()[:-1], ""
    yield "something after the end", text.encode() + b"{}", ""
    yield "not UTF-8", text.replace(good["token"], "X" * 20).encode().replace(b"X" * 20, b"\xff\xfe" * 10), ""
    yield "deeper than 8", changed(attributes={"a": json.loads(nested(12))}), ""
    yield "a hundred thousand deep would be too large, two thousand is deep enough", nested(2000), ""
    yield "65 keys", changed(more={f"k{number}": 1 for number in range(65)}), ""
    yield "a key twice", (text[:-1] + ',"device_id":"x"}').encode(), ""
    yield "a key twice inside", changed(more=0).replace(b'"more":0', b'"more":{"a":1,"a":2}'), ""
    for member in ("request_id", "device_id", "credential"):
        yield f"no {member}", without(member), member
        yield f"{member} is a number", changed(**{member: 7}), member
        yield f"{member} is null", changed(**{member: None}), member
    yield "no token", without("token"), "token"
    yield "a short token", changed(token="x" * 15), "token"
    yield "a long token", changed(token="x" * 257), "token"
    yield "a short request_id", changed(request_id="x" * 15), "request_id"
    yield "a long request_id", changed(request_id="x" * 65), "request_id"
    yield "a request_id with a space", changed(request_id="x" * 16 + " "), "request_id"
    yield "a request_id with NUL", changed(request_id="x" * 16 + "\0"), "request_id"
    yield "another device_id", changed(device_id=good["device_id"] + "x"), "device_id"
    yield "a credential without a type", changed(credential={}), "credential"
    yield "a credential type that is a list", changed(credential={"type": []}), "credential"
    yield "no csr", changed(credential={"type": "x509"}), "csr"
    yield "a csr that is a number", changed(credential={"type": "x509", "csr": 1}), "csr"
    yield "attributes that are a list", changed(attributes=[]), "attributes"
    yield "an attribute with a bad name", changed(attributes={"Model": "x"}), "attributes"
    yield "an attribute that is an object", changed(attributes={"model": {}}), "attributes"
    yield "33 attributes", changed(attributes={f"a{number}": 1 for number in range(33)}), "attributes"
    yield "3 KiB of attributes", changed(attributes={"model": "x" * 3000}), "attributes"
    yield "a critical member that nobody knows", changed(critical=["surprise"], surprise=1), "critical"
    yield "critical is a string", changed(critical="token"), "critical"
    yield "an encryption key off the curve", changed(encryption_key={
        "kty": "EC", "crv": "P-256", "x": to_base64url(b"\1" * 32), "y": to_base64url(b"\1" * 32)}), "encryption_key"


def signed_cases(good: Json, key: bytes) -> Iterator[tuple[str, bytes, str]]:
    header = {"typ": REQUEST, "alg": "HS256"}
    payload = compact(good)

    def under(**members: object) -> bytes:
        return sign_hs256(header | members, payload, key)

    first, middle, last = sign_hs256(header, payload, key).split(b".")
    genuine = b".".join([first, middle, last])
    for what, after in (("a line's end", b"\n"), ("a string's end", b"\0"), ("a second JWS", b"\r\n" + genuine)):
        yield f"{what} after it", genuine + after, f"bytes after its end at byte {len(genuine)}"
    yield "an object and a string's end", sign_hs256(header, payload + b"\0", key), f"bytes after its end at byte {len(payload)}"
    yield "two parts", first + b"." + middle, ""
    yield "four parts", b".".join([first, middle, last, last]), ""
    yield "padding", b".".join([first + b"=", middle, last]), ""
    yield "a header that is no JSON", b".".join([b"eeee", middle, last]), ""
    yield "another typ", under(typ="JWT"), ""
    yield "the answer's typ", under(typ="provisioning-response+jws"), ""
    yield "alg none", under(alg="none"), ""
    yield "alg none without a signature", sign_hs256(header | {"alg": "none"}, payload, key).rsplit(b".", 1)[0] + b".", ""
    yield "a header member of its own", under(jku="https://example.org/"), ""
    yield "a key in the header", under(jwk={"kty": "oct", "k": to_base64url(key)}), ""
    yield "crit", under(crit=["exp"], exp=1), ""
    yield "a payload that is no JSON", sign_hs256(header, b"hello", key), ""
    yield "a token in a signed request", sign_hs256(header, compact(good | {"token": "x" * 20}), key), "token"
    yield "issued_at is a string", sign_hs256(header, compact(good | {"issued_at": "now"}), key), "issued_at"
    yield "issued_at is negative", sign_hs256(header, compact(good | {"issued_at": -1}), key), "issued_at"
    yield "issued_at is beyond 2^53", sign_hs256(header, compact(good | {"issued_at": 2**53}), key), "issued_at"
    yield "a nonce that is too long", sign_hs256(header, compact(good | {"nonce": "x" * 129}), key), "nonce"


class Hostile(StackTest):
    def next_message(self, wire: Wire) -> bytes:
        message = wire.receive()
        assert message, "there was no answer"
        return message.payload

    def assert_each_refused(self, device: Device, cases: Iterator[tuple[str, bytes, str]]) -> None:
        before = self.stack.service.pid
        with device.bootstrap() as wire:
            for what, payload, member in cases:
                with self.subTest(what):
                    wire.publish(device.topic("request"), payload)
                    answer = json.loads(self.next_message(wire))
                    self.assert_rejected(answer, "invalid_request")
                    self.assertIn(member, answer["message"])
                    self.assertTrue(answer["message"].isascii() and len(answer["message"]) <= 200)
        self.assertEqual(self.stack.service.pid, before)
        self.assert_not_registered(device.device_id)

    def test_broken_plain_requests(self) -> None:
        device = self.enrolled_by_token()
        self.assert_each_refused(device, plain_cases(json.loads(device.message())))
        self.assert_accepted(device.provision())

    def test_broken_signed_requests(self) -> None:
        device = self.enrolled()
        assert isinstance(device.proof, SymmetricKey)
        self.assert_each_refused(device, signed_cases(device.request(), device.proof.key))
        self.assert_accepted(device.provision())

    def test_a_csr_that_is_not_one(self) -> None:
        device = self.enrolled()
        good = base64.b64decode(device.csr())
        of_another_version = good.replace(b"\x02\x01\x00", b"\x02\x01\x02", 1)
        broken = {"not base64": ("!!!", "csr"), "base64url": (to_base64url(good), "csr"), "nothing": (b"", "csr"),
                  "cut short": (good[:-1], "CSR: not a PKCS#10 request: it is cut short"),
                  "longer": (good + bytes(60), f"bytes after its DER, which ends at byte {len(good)}"),
                  "later": (bytes(60) + good, "is something before its DER?"), "zeros": (bytes(200), "is something before its DER?"),
                  "another version": (of_another_version, "its version is not v1, written 0"),
                  "another signature": (good[:-1] + bytes([good[-1] ^ 1]), "CSR")}
        with device.bootstrap() as wire:
            for what, (csr, words) in broken.items():
                with self.subTest(what):
                    text = csr if isinstance(csr, str) else base64.b64encode(csr).decode()
                    device.request_id = secrets.token_urlsafe(16)
                    wire.publish(device.topic("request"), device.message(credential={"type": "x509", "csr": text}))
                    answer = device.read_answer(self.next_message(wire))
                    self.assertEqual(answer["status"], "rejected")
                    self.assertIn(answer["code"], ("invalid_csr", "invalid_request"))
                    self.assertIn(words, answer["message"])
        self.assert_not_registered(self.name)
        device.request_id = secrets.token_urlsafe(16)
        self.assert_accepted(device.provision())

    def test_a_type_of_credential_that_nobody_knows(self) -> None:
        device = self.enrolled()
        with device.bootstrap() as wire:
            wire.publish(device.topic("request"), device.message(credential={"type": "passkey"}))
            answer = device.read_answer(self.next_message(wire))
        self.assert_rejected(answer, "credential_not_allowed")

    def test_ids_that_are_none_are_dropped_without_an_answer(self) -> None:
        device = self.enrolled()
        for bad in ("-dash", "space in it", "ümlaut", "x" * 65, "a@b", "'; DROP TABLE device; --"):
            with self.subTest(bad), self.account("bootstrap", bad) as wire:
                wire.subscribe(f"provisioning/v1/{bad}/response")
                wire.publish(f"provisioning/v1/{bad}/request", device.message(device_id=bad))
        # Requests of one device are answered in order, those of others may be overtaken: this one only shows life.
        self.assert_accepted(device.provision())
        self.assertEqual(self.query("SELECT device_id FROM registry.attempts WHERE device_id !~ '^[A-Za-z0-9]'"), [])

    def test_broken_statuses_change_nothing(self) -> None:
        device = self.enrolled()
        device.provision()
        with device.connect() as session:
            session.say("connected", generation=1)
            for payload in (b"", b"{", b"[]", nested(2000), b'{"status":"ready"}', b'{"status":7}', bytes(range(256)),
                            b'{"status":"revoked","session":"%s"}' % session.id.encode(),
                            b'{"status":"ready","session":"%s","config_version":"1"}' % session.id.encode(),
                            b'{"status":"ready","session":"%s","config_version":99999999999999999999}' % session.id.encode(),
                            b'{"status":"ready","session":"another-session","config_version":1}',
                            b'{"status":"disconnected","session":"another-session"}'):
                session.wire.publish(f"devices/{self.name}/status", payload)
            self.assertEqual(session.say("connected", generation=1)["state"], "connected")
            row = self.row(self.name)
            self.assertEqual((row["state"], row["online"]), ("connected", True))

    def test_a_neighbour_of_broken_requests_is_served(self) -> None:
        devices = [self.enrolled(f"{self.name}-{number}") for number in range(4)]
        noisy = self.enrolled(f"{self.name}-noisy")
        with noisy.bootstrap() as noise:
            for device in devices:
                for _ in range(20):
                    noise.publish(noisy.topic("request"), secrets.token_bytes(500))
                self.assert_accepted(device.provision())
