"""A device that knows docs/protocol.md and nothing of this project's code: the tests' second implementation."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import paho.mqtt.client as paho

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwcrypto import jwk

from jose import (Json, PrivateKey, Refused, compact, derive, new_encryption_key, open_es256, open_hs256, openssl,
                  public_jwk, sign, sign_hs256, symmetric_jwk, to_base64url, unseal)
from wire import Login, Wire

REQUEST = "provisioning-request+jws"
RESPONSE = "provisioning-response+jws"
CONFIG = "provisioning-config+jws"
STATUS = "provisioning-status+jws"
LARGEST = 8192  # an answer or configuration, on the wire


class Proof(Protocol):
    """How a device shows who it is, and how it knows the service."""

    def encode(self, request: Json, fresh: bool) -> bytes:
        """The request as it goes out; `fresh`: with this moment's issued_at."""

    def open(self, typ: str, jws: bytes) -> Json:
        """What the service said, or Refused."""

    def unseal(self, sealed: str) -> Json:
        """The secrets of a message to a request without encryption_key, or Refused."""


def check_size(payload: bytes) -> None:
    if len(payload) > LARGEST:
        raise Refused(f"{len(payload)} bytes")


def own_clock(fresh: bool) -> Json:
    return {"issued_at": int(time.time())} if fresh else {}


def sign_by_certificate(typ: str, message: Json, key: PrivateKey, certificate: bytes) -> bytes:
    header = {"typ": typ, "x5t#S256": to_base64url(hashlib.sha256(certificate).digest())}
    return sign(header, compact(message), key)


@dataclass(frozen=True)
class SymmetricKey:
    key: bytes
    group: str | None = None  # the key is then the device's own, derived from the group's

    @staticmethod
    def of_group(group: str, group_key: bytes, device_id: str) -> SymmetricKey:
        return SymmetricKey(derive(group_key, device_id), group)

    def encode(self, request: Json, fresh: bool) -> bytes:
        return self.sign(REQUEST, request | own_clock(fresh))

    def sign(self, typ: str, message: Json) -> bytes:
        header = {"typ": typ, "alg": "HS256"} | ({"kid": self.group} if self.group else {})
        return sign_hs256(header, compact(message), self.key)

    def open(self, typ: str, jws: bytes) -> Json:
        return open_hs256(typ, jws, derive(self.key, "provisioning-response v1"))

    def unseal(self, sealed: str) -> Json:
        return unseal(sealed, symmetric_jwk(derive(self.key, "provisioning-sealed v1")), "dir")


class ByService:
    """A proof whose answers the service's certificate signs."""

    anchors: Path

    def open(self, typ: str, jws: bytes) -> Json:
        return open_es256(typ, jws, self.anchors)

    def unseal(self, sealed: str) -> Json:
        raise Refused("sealed to nobody")


@dataclass(frozen=True)
class KeyPair(ByService):
    """A private key: enrolled by its public half, or certified by a chain (DER, leaf first)."""

    key: PrivateKey
    anchors: Path
    chain: tuple[bytes, ...] = ()
    group: str | None = None

    def encode(self, request: Json, fresh: bool) -> bytes:
        header = {"typ": REQUEST} | ({"kid": self.group} if self.group else {})
        if self.chain:
            header["x5c"] = [base64.b64encode(der).decode() for der in self.chain]
        return sign(header, compact(request | own_clock(fresh)), self.key)


@dataclass(frozen=True)
class Renewal(ByService):
    """The certificate that the device connects with, DER, and its key."""

    key: PrivateKey
    certificate: bytes
    anchors: Path
    first: Proof | None = None  # what the credential was got by

    def encode(self, request: Json, fresh: bool) -> bytes:
        return sign_by_certificate(REQUEST, request | own_clock(fresh), self.key, self.certificate)

    def unseal(self, sealed: str) -> Json:
        if self.first:
            return self.first.unseal(sealed)
        raise Refused("sealed to nobody")


@dataclass(frozen=True)
class Token(ByService):
    token: str
    anchors: Path

    def encode(self, request: Json, fresh: bool) -> bytes:
        return compact(request | {"token": self.token})


@dataclass(frozen=True)
class Place:
    """What is built into a device: the broker, the bootstrap account and the anchors."""

    url: str
    username: str
    password: str
    anchors: Path

    @staticmethod
    def of(environment: dict[str, str]) -> Place:
        return Place(environment["LATCHKEY_BOOTSTRAP_URL"], environment["LATCHKEY_BOOTSTRAP_USER"],
                     Path(environment["LATCHKEY_BOOTSTRAP_PASSWORD_FILE"]).read_text().strip(),
                     Path(environment["LATCHKEY_SERVER_CA_FILE"]))


@dataclass
class Device:
    """One device; what it remembers is in `folder` and in its fields."""

    device_id: str
    proof: Proof
    place: Place
    folder: Path
    has_clock: bool = True
    wants: str = "x509"  # or password
    seals: bool = False  # send an encryption_key
    signs: bool = True  # its connected; firmware of before did not
    attributes: Json = field(default_factory=dict)
    keeps_key: bool = False  # opens by `encryption_key`, which an earlier request of it sent
    max_message_bytes: int | None = None  # as its requests say
    version: int = paho.MQTTv5
    request_id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    nonce: str | None = None
    encryption_key: jwk.JWK = field(default_factory=new_encryption_key)
    accepted: Json | None = None
    opened: Json = field(default_factory=dict)  # what was sealed in the answer
    challenges: int = 0
    heard: list[bytes] = field(default_factory=list)  # all that the broker delivered to it

    @property
    def key_file(self) -> Path:
        return self.folder / f"{self.device_id}.key.pem"

    @property
    def certificate_file(self) -> Path:
        return self.folder / f"{self.device_id}.pem"

    @property
    def leaf(self) -> bytes:
        """Its certificate, DER."""
        assert self.accepted
        return base64.b64decode(self.accepted["credential"]["chain"][0], validate=True)

    def topic(self, last: str) -> str:
        return f"provisioning/v1/{self.device_id}/{last}"

    # --- asking

    def csr(self) -> str:
        """A request for a certificate with this device's key, which is made once."""
        if not self.key_file.exists():
            openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(self.key_file))
        der = openssl("req", "-new", "-key", str(self.key_file), "-subj", f"/CN={self.device_id}", "-outform", "DER")
        return base64.b64encode(der).decode()

    def request(self) -> Json:
        csr = {"csr": self.csr()} if self.wants == "x509" else {}
        nonce = {"nonce": self.nonce} if self.nonce else {}
        encryption_key = {"encryption_key": public_jwk(self.encryption_key)} if self.seals else {}
        attributes = {"attributes": self.attributes} if self.attributes else {}
        size = {"max_message_bytes": self.max_message_bytes} if self.max_message_bytes else {}
        return {"request_id": self.request_id, "device_id": self.device_id,
                "credential": {"type": self.wants} | csr} | nonce | encryption_key | attributes | size

    def message(self, **changes: object) -> bytes:
        """The request as it goes out, with some members changed."""
        return self.proof.encode(self.request() | changes, self.has_clock and not self.nonce)

    def bootstrap(self) -> Wire:
        """Connected, and SUBACK is there: from here on no answer is missed."""
        login = Login(self.place.anchors, self.place.username, self.place.password)
        wire = Wire(self.place.url, self.device_id, login, self.version)
        wire.subscribe(self.topic("response"))
        return wire

    def provision(self, limit_s: float = 20.0) -> Json:
        """Follows the contract until it is accepted or rejected; the answer that said so."""
        deadline = time.monotonic() + limit_s
        with self.bootstrap() as wire:
            while True:
                answer = self.ask(wire, deadline)
                if answer["status"] == "challenge":
                    self.challenges += 1
                    self.nonce = answer["nonce"]
                elif answer["status"] in ("retry", "pending"):
                    self.listen(wire, min(deadline, time.monotonic() + answer["retry_after_s"]), lambda _: True)
                else:
                    return self.keep(answer)

    def ask(self, wire: Wire, deadline: float) -> Json:
        """Sends the request, again after 2, 4, 8 ... s, until an answer counts."""
        pause = 2.0
        while (now := time.monotonic()) < deadline:
            wire.publish(self.topic("request"), self.message())
            answer = self.listen(wire, min(deadline, now + pause), lambda _: True)
            if answer:
                return answer
            pause *= 2
        raise TimeoutError(f"{self.device_id} was not answered")

    def listen(self, wire: Wire, deadline: float, wanted: Callable[[Json], bool]) -> Json | None:
        """The next answer that counts and is wanted, until the deadline."""
        while (left := deadline - time.monotonic()) > 0:
            message = wire.receive(left)
            if message is None:
                return None
            self.heard.append(message.payload)
            try:
                answer = self.read_answer(message.payload)
            except Refused:
                continue
            if wanted(answer):
                return answer
        return None

    def read_answer(self, payload: bytes) -> Json:
        """An answer to this device's open request, believed as far as its signature goes."""
        check_size(payload)
        if payload[:1] == b"{":
            answer = json.loads(payload)
            if answer["status"] not in ("rejected", "retry"):
                raise Refused(f"an unsigned {answer['status']}")
        elif payload[:1] == b"e":
            answer = self.proof.open(RESPONSE, payload)
        else:
            raise Refused("neither JSON nor JWS")
        if (answer["device_id"], answer["request_id"]) != (self.device_id, self.request_id):
            raise Refused("an answer to somebody else")
        return answer

    def unseal(self, message: Json) -> Json:
        """The secrets in an answer or a configuration."""
        if "sealed" not in message:
            return {}
        if self.seals or self.keeps_key:
            return unseal(message["sealed"], self.encryption_key, "ECDH-ES")
        return self.proof.unseal(message["sealed"])

    def keep(self, answer: Json) -> Json:
        if answer["status"] != "accepted":
            return answer
        self.opened = self.unseal(answer)
        self.accepted = answer
        if answer["credential"]["type"] == "x509":
            chain = [ssl.DER_cert_to_PEM_cert(base64.b64decode(der, validate=True))
                     for der in answer["credential"]["chain"]]
            self.certificate_file.write_text("".join(chain))
        return answer

    def login(self) -> Login:
        """With the credential that it was given."""
        assert self.accepted
        credential = self.accepted["credential"]
        if credential["type"] == "password":
            return Login(self.place.anchors, credential["username"], self.opened["password"])
        return Login(self.place.anchors, certificate=self.certificate_file, key=self.key_file)

    def signed_status(self, status: Json) -> bytes:
        """5: by the device's own symmetric key where it has one, otherwise by the credential."""
        assert self.accepted
        credential = self.accepted["credential"]
        where = {name: self.accepted["connection"][name] for name in ("host", "port")}
        message = {"device_id": self.device_id, "connection": where} | status
        if isinstance(self.proof, SymmetricKey):
            return self.proof.sign(STATUS, message)
        if credential["type"] == "password":
            key = derive(self.opened["password"].encode(), "provisioning-status v1")
            return sign_hs256({"typ": STATUS, "alg": "HS256", "kid": credential["username"]}, compact(message), key)
        private_key = load_pem_private_key(self.key_file.read_bytes(), None)
        return sign_by_certificate(STATUS, message, private_key, self.leaf)  # type: ignore[arg-type]

    # --- being provisioned

    def connect(self) -> Session:
        """The operational connection that the answer named, with the credential that it brought."""
        assert self.accepted
        return Session(self)

    def become_ready(self) -> Json:
        """connected, configuration applied, ready; the last configuration message."""
        with self.connect() as session:
            first = session.say("connected", generation=session.generation)
            return session.say("ready", config_version=first["config_version"])


class Session:
    """One operational connection of a device; `close` says goodbye, `drop` does not."""

    def __init__(self, device: Device) -> None:
        assert device.accepted
        self.device = device
        self.id = secrets.token_urlsafe(9)
        self.generation: int = device.accepted["generation"]
        connection = device.accepted["connection"]
        self.topics: str = connection["topics"]
        will = (f"{self.topics}/status", compact({"status": "disconnected", "session": self.id}))
        self.wire = Wire(f"mqtts://{connection['host']}:{connection['port']}", connection["client_id"], device.login(),
                         device.version, will)
        self.wire.subscribe(f"{self.topics}/config")

    def say(self, status: str, limit_s: float = 20.0, **members: object) -> Json:
        """Repeats the status until its configuration message comes."""
        deadline, pause = time.monotonic() + limit_s, 2.0
        while (now := time.monotonic()) < deadline:
            self.tell(status, **members)
            configuration = self.listen(min(deadline, now + pause))
            if configuration:
                return configuration
            pause *= 2
        raise TimeoutError(f"{status} of {self.device.device_id} was not answered")

    def tell(self, status: str, **members: object) -> None:
        message = {"status": status, "session": self.id} | members
        is_signed = status == "connected" and self.device.signs
        self.publish(self.device.signed_status(message) if is_signed else compact(message))

    def publish(self, status: bytes) -> None:
        self.wire.publish(f"{self.topics}/status", status)

    def listen(self, deadline: float) -> Json | None:
        while (left := deadline - time.monotonic()) > 0:
            message = self.wire.receive(left)
            if message is None:
                return None
            self.device.heard.append(message.payload)
            try:
                check_size(message.payload)
                configuration = self.device.proof.open(CONFIG, message.payload)
                configuration |= {name: value for name, value in self.device.unseal(configuration).items() if name == "config"}
            except Refused:
                continue
            if (configuration["device_id"], configuration["session"]) == (self.device.device_id, self.id):
                return configuration
        return None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, failure: object, *_: object) -> None:
        if failure is None:
            self.tell("disconnected")
        self.wire.close()
