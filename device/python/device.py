#!/usr/bin/python3
"""A Latchkey device in one file, with paho-mqtt for MQTT and cryptography for keys. Read it from the top. The section
numbers in the comments are those of docs/protocol.md.

    device.py ID --broker mqtts://HOST:PORT --user @bootstrap --password-file F --server-ca F --key-file F --dir DIR

It proves itself by a symmetric key of its own (--key-file: 32-64 bytes, or one base64 line), requests a certificate,
connects with it, stays connected, applies configurations and renews the certificate in time. It may be stopped at any
moment: its state is in DIR, and each file there is replaced atomically.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import datetime
import hashlib
import hmac
import json
import math
import os
import queue
import random
import re
import secrets
import shutil
import signal
import ssl
import sys
import threading
import time
import urllib.parse
import warnings
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

Json = dict[str, Any]
NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which the module ssl has no name for


# --- encoding of messages (RFC 7515)

def to_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def mac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()


def jws(header: Json, payload: bytes, sign: Any) -> bytes:
    signed = f"{to_base64url(compact(header))}.{to_base64url(payload)}"
    return f"{signed}.{to_base64url(sign(signed.encode()))}".encode()


# --- the certificate that signs answers (3): one critical key usage and one name

SIGNER_USAGE = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.37")  # id-kp-jwt
SIGNER_NAME = x509.UniformResourceIdentifier("urn:latchkey:answers:v1")


def signs_answers(certificate: x509.Certificate) -> bool:
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    return (usage.critical and list(usage.value) == [SIGNER_USAGE] and list(names.value) == [SIGNER_NAME]
            and not constraints.value.ca)


# --- stored files: a new file is complete and on the disk before it replaces the old one

def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def store(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.new")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def load(path: Path) -> Json | None:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


# --- one connection; its thread passes messages through a queue to the main thread

class Connection:
    """A device has one connection at a time, because the broker ends the older of two with the same client id."""

    def __init__(self, device: Device, host: str, port: int, topics: list[str], will: tuple[str, bytes] | None) -> None:
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()  # topic and payload; "" when it is ready, "-" when lost
        arguments: dict[str, Any] = {"client_id": device.id, "protocol": paho.MQTTv311, "clean_session": True}
        if hasattr(paho, "CallbackAPIVersion"):  # paho-mqtt 2
            arguments["callback_api_version"] = paho.CallbackAPIVersion.VERSION1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self.client = paho.Client(**arguments)
        if will:
            self.client.will_set(*will, qos=1)
        self.client.on_connect = lambda _client, _data, _flags, code, *_: (
            self.client.subscribe([(topic, 1) for topic in topics]) if code == 0 else self.heard.put(("-", f"the broker refuses the login: {paho.connack_string(code)}".encode())))
        # 1: publish nothing before the SUBACK; otherwise the answer may come before the subscription exists.
        self.client.on_subscribe = lambda *_: self.heard.put(("", b""))
        self.client.on_message = lambda _client, _data, message: self.heard.put((message.topic, message.payload))
        self.client.on_disconnect = lambda *_: self.heard.put(("-", b"lost"))
        self.host, self.port, self.device = host, port, device

    def open(self, certificate: Path | None = None, key: Path | None = None) -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks the host's name
        tls.load_verify_locations(self.device.server_ca)
        if certificate:
            tls.load_cert_chain(certificate, key)
        else:
            self.client.username_pw_set(self.device.user, self.device.password)
        now = self.device.now()
        if now or not certificate:  # 7: the bootstrap connection skips dates until a signed answer has set the clock
            tls.verify_flags |= NO_CHECK_TIME
        self.client.tls_set_context(tls)
        self.client.connect(self.host, self.port, keepalive=20)
        shown = self.client.socket().getpeercert()
        if now and not ssl.cert_time_to_seconds(shown["notBefore"]) <= now <= ssl.cert_time_to_seconds(shown["notAfter"]):
            raise ConnectionError("the broker's certificate is outside its dates")
        self.client.loop_start()

    def next(self, limit_s: float) -> tuple[str, bytes] | None:
        with contextlib.suppress(queue.Empty):
            return self.heard.get(timeout=max(limit_s, 0))
        return None

    def publish(self, topic: str, payload: bytes) -> paho.MQTTMessageInfo:
        return self.client.publish(topic, payload, qos=1)

    def deliver(self, topic: str, payload: bytes) -> bool:
        """Publishes and waits for the PUBACK for 2 s. False if the connection is lost, which `next` says too."""
        try:
            self.publish(topic, payload).wait_for_publish(2)
        except RuntimeError:
            return False
        return True

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Repeats:
    """7: delays of 2 s, doubling up to 120 s, each multiplied by a random factor of 0.5 to 1."""

    def __init__(self) -> None:
        self.ceiling, self.due = 1.0, 0.0
        self.had_nonce = False  # of the message sent last

    def later(self, seconds: float | None = None) -> None:
        self.ceiling = min(2 * self.ceiling, 120.0)
        self.due = time.monotonic() + (random.uniform(0.5, 1) * self.ceiling if seconds is None else seconds)

    def left(self) -> float:
        return self.due - time.monotonic()


# --- the open request (2): created once, stored before the first send, kept until it is answered

class Request:
    def __init__(self, device: Device) -> None:
        self.device = device
        self.record, self.key_file = device.folder / "request.json", device.folder / "request-key.pem"
        self.nonce, self.had_conflict = "", False
        known = load(self.record)
        self.id: str = known["request_id"] if known and self.key_file.exists() else self.new()

    def new(self) -> str:
        """Stores the private key first and then the id, so that an id never has two keys."""
        self.record.unlink(missing_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        store(self.key_file, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                               serialization.NoEncryption()))
        self.id = secrets.token_urlsafe(16)
        store(self.record, compact({"request_id": self.id}))
        return self.id

    def message(self, credential: Json | None) -> bytes:
        key = serialization.load_pem_private_key(self.key_file.read_bytes(), None)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.device.id)])
        csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())  # type: ignore[arg-type]
        body: Json = {"request_id": self.id, "device_id": self.device.id, "attributes": {"model": "example"},
                      "credential": {"type": "x509", "csr": base64.b64encode(csr.public_bytes(serialization.Encoding.DER)).decode()}}
        body |= {"max_message_bytes": self.device.largest} if self.device.largest else {}
        body |= {"nonce": self.nonce} if self.nonce else {"issued_at": int(time.time())}
        if credential:  # a renewal: the certificate in use is the proof
            header = {"typ": "provisioning-request+jws", "alg": "ES256",
                      "x5t#S256": to_base64url(hashlib.sha256(credential["der"]).digest())}
            return jws(header, compact(body), lambda data: es256(credential["folder"] / "key.pem", data))
        return self.device.signed("provisioning-request+jws", body)

    def drop(self) -> None:
        self.record.unlink(missing_ok=True)
        self.key_file.unlink(missing_ok=True)


def es256(key_file: Path, data: bytes) -> bytes:
    key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))  # type: ignore[call-arg, union-attr, arg-type]
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def read_key(file: Path) -> bytes:
    """Reads raw bytes or one line of base64 or base64url. Refuses hexadecimal digits, which would decode to another key."""
    raw = file.read_bytes()
    if re.fullmatch(rb"(\xef\xbb\xbf)?[\t\r\n -~]*", raw):  # text, after a byte order mark perhaps
        line = re.fullmatch(rb"([A-Za-z0-9+/_-]{43,}=*)\r?\n?", raw)
        if not line or re.fullmatch(rb"(0[xX])?[0-9a-fA-F]+", line[1]):
            sys.exit(f"device.py: {file} is text and not one line of base64 (hexadecimal, quotes and blank lines are not read)")
        raw = base64.b64decode(line[1].translate(bytes.maketrans(b"-_", b"+/")) + b"==")
    if not 32 <= len(raw) <= 64:
        sys.exit(f"device.py: {file} must hold a key of 32 to 64 bytes, raw or as one line of base64; it has {len(raw)}")
    return raw


class Device:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self.id, self.group, self.folder = arguments.id, arguments.group, arguments.dir
        self.largest = arguments.max_message_bytes
        where = urllib.parse.urlsplit(arguments.broker)
        self.host, self.port = where.hostname or "localhost", where.port or 8883
        self.user, self.password = arguments.user, arguments.password_file.read_text().strip()
        self.server_ca, self.once = arguments.server_ca, arguments.once
        self.key = read_key(arguments.key_file)
        self.last_session = ""  # the last one in which `connected` was said; in memory only (5)
        self.rejections, self.not_before = 0, 0.0  # final rejections in a row; time of the next new request
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.earliest: int = (load(self.folder / "clock.json") or {"server_time": 0})["server_time"]
        self.told: float | None = None

    # --- the time (7): that of the latest signed answer plus the time since then; unknown before the first one

    def now(self) -> float | None:
        return None if self.told is None else self.told + time.monotonic()

    def learn(self, server_time: int) -> None:
        now = self.now()
        if now is None or server_time > now:
            self.earliest = max(server_time, self.earliest)
            self.told = self.earliest - time.monotonic()
            store(self.folder / "clock.json", compact({"server_time": self.earliest}))

    # --- messages under the device's key (2, 5)

    def signed(self, typ: str, body: Json) -> bytes:
        header = {"typ": typ, "alg": "HS256"} | ({"kid": self.group} if self.group else {})
        return jws(header, compact(body), lambda data: mac(self.key, data))

    def status(self, status: Json, connection: Json) -> bytes:
        """`connected` says over which connection it goes, so that a copy is no good at another broker. The others are plain."""
        if status["status"] != "connected":
            return compact(status)
        where = {"host": connection["host"], "port": connection["port"]}
        return self.signed("provisioning-status+jws", status | {"device_id": self.id, "connection": where})

    # --- verification of messages (3): the device knows how a message must be signed before it reads it

    def opened(self, typ: str, payload: bytes, by_service: bool) -> Json | None:
        """The content of a genuine message, or None: others are dropped without a report."""
        try:
            head, body, signature = payload.decode().split(".")
            header, signed = json.loads(from_base64url(head)), f"{head}.{body}".encode()
            if header["typ"] != typ or set(header) - {"typ", "alg", "x5c"}:
                return None
            if not by_service:
                expected = mac(mac(self.key, b"provisioning-response v1"), signed)
                genuine = header["alg"] == "HS256" and hmac.compare_digest(expected, from_base64url(signature))
            else:
                genuine = header["alg"] == "ES256" and self.service_signed(header["x5c"], signed, from_base64url(signature))
            message = json.loads(from_base64url(body))
            return message if genuine and message["device_id"] == self.id else None
        except Exception:  # anyone may have sent it, so every error means that it is not genuine
            return None

    def config_in(self, message: Json) -> Json | None:
        """The configuration in a genuine message, sealed (3) or in clear. This device sends no encryption_key, so it is
        sealed under its symmetric key, after a renewal too."""
        if "sealed" not in message:
            return message.get("config")
        try:
            head, key, iv, text, tag = message["sealed"].split(".")
            if key or json.loads(from_base64url(head)) != {"alg": "dir", "enc": "A256GCM"}:
                return None
            own = AESGCM(mac(self.key, b"provisioning-sealed v1"))
            return json.loads(own.decrypt(from_base64url(iv), from_base64url(text) + from_base64url(tag), head.encode())).get("config")
        except (ValueError, InvalidTag):
            return None

    def service_signed(self, chain: list[str], signed: bytes, signature: bytes) -> bool:
        anchor = x509.load_pem_x509_certificate(self.server_ca.read_bytes())
        signer = x509.load_der_x509_certificate(base64.b64decode(chain[0], validate=True))
        anchor.public_key().verify(signer.signature, signer.tbs_certificate_bytes,  # type: ignore[call-arg, union-attr]
                                   ec.ECDSA(signer.signature_hash_algorithm))  # type: ignore[arg-type]
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        signer.public_key().verify(encode_dss_signature(r, s), signed,  # type: ignore[call-arg, union-attr]
                                   ec.ECDSA(hashes.SHA256()))  # type: ignore[arg-type]
        return (len(chain) == 1 and len(signature) == 64 and signer.issuer == anchor.subject and signs_answers(signer)
                and (self.now() or self.earliest) <= expires_at(signer))

    # --- the stored credentials, newest first; a folder without its last file was interrupted by a power cut

    def credentials(self) -> list[Json]:
        found = []
        for folder in self.folder.glob("credential-*"):
            if record := load(folder / "connection.json"):
                leaf = x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes())
                found.append(record | {"folder": folder, "der": leaf.public_bytes(serialization.Encoding.DER)})
        return sorted(found, key=lambda each: -each["generation"])

    def keep(self, request: Request, answer: Json, by_service: bool) -> None:
        """Stores the credential beside the old one, which stays until the new one has worked."""
        folder = self.folder / f"credential-{answer['generation']}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        store(folder / "key.pem", request.key_file.read_bytes())
        chain = [ssl.DER_cert_to_PEM_cert(base64.b64decode(der)) for der in answer["credential"]["chain"]]
        store(folder / "certificate.pem", "".join(chain).encode())
        store(folder / "connection.json", compact({
            "generation": answer["generation"], "by_service": by_service, "connection": answer["connection"],
            "renew_after": answer["credential"]["renew_after"], "request_id": answer["request_id"]}))
        sync_folder(self.folder)

    def settle(self, credential: Json, confirmed: int) -> None:
        """Removes the answered request, and older credentials once the service confirmed this one: before, they still count."""
        for other in self.credentials():
            if other["generation"] < credential["generation"] <= confirmed:
                (other["folder"] / "connection.json").unlink()
                shutil.rmtree(other["folder"])
        if (load(self.folder / "request.json") or {}).get("request_id") == credential["request_id"]:
            Request(self).drop()

    # --- requests (2, 3, 7): on the bootstrap connection, or for a renewal on the operational one

    def ask(self, connection: Connection, request: Request, repeats: Repeats, credential: Json | None) -> None:
        connection.publish(f"provisioning/v1/{self.id}/request", request.message(credential))
        request.nonce, repeats.had_nonce = "", bool(request.nonce)
        repeats.later()

    def on_answer(self, payload: bytes, connection: Connection, request: Request, repeats: Repeats,
                  credential: Json | None) -> bool:
        """Returns True when a new credential is stored."""
        signed = payload[:1] == b"e"
        try:
            answer = self.opened("provisioning-response+jws", payload, bool(credential)) if signed else json.loads(payload)
            if not answer or (answer["device_id"], answer["request_id"]) != (self.id, request.id):
                return False
            if not signed and answer["status"] not in ("rejected", "retry"):
                return False  # an unsigned answer can be forged: it may delay the device and nothing else
        except (ValueError, KeyError, TypeError):
            return False
        say("answer", status=answer["status"], code=answer.get("code"))
        if signed:
            self.learn(answer["server_time"])
        if answer["status"] == "accepted":
            self.keep(request, answer, bool(credential))
            self.rejections, self.not_before = 0, 0.0
            return True
        if answer["status"] == "challenge" and not repeats.had_nonce:
            request.nonce = answer["nonce"]
            self.ask(connection, request, repeats, credential)
            return False
        wait = answer.get("retry_after_s")
        if answer["status"] == "rejected" and signed and wait is None:
            request.new()  # this id is finished
            wait = self.after_rejection(answer.get("code", ""), request)
        repeats.later(None if wait is None else min(wait, 7 * 86400) if signed else min(max(wait, 2), 3600))
        return False

    def after_rejection(self, code: str, request: Request) -> float:
        """7: after the first conflict a new id is sent at once; other rejections need an operator."""
        if code == "conflict" and not request.had_conflict:
            request.had_conflict = True
            return 0
        self.rejections += 1
        wait = min(60 * 2 ** min(self.rejections - 1, 16), 86400)
        self.not_before = time.monotonic() + wait
        return wait

    def enrol(self, limit_s: float | None) -> bool:
        """Returns True when a credential is stored. No time limit if the device has no other credential to try."""
        request, repeats, ready, began = Request(self), Repeats(), False, time.monotonic()
        connection = Connection(self, self.host, self.port, [f"provisioning/v1/{self.id}/response"], None)
        try:
            connection.open()
            while limit_s is None or time.monotonic() < began + limit_s:
                event = connection.next(min(repeats.left() if ready else 5, 5))
                if event is None or event[0] == "":
                    ready = ready or event is not None
                    if ready and repeats.left() <= 0 and time.monotonic() >= self.not_before:
                        self.ask(connection, request, repeats, None)
                elif event[0] == "-":
                    raise ConnectionError(event[1].decode())
                elif self.on_answer(event[1], connection, request, repeats, None):
                    return True
            return False
        finally:
            connection.close()

    # --- the operational connection (5, 6): `connected`, configurations, `ready`, and the renewal

    def operate(self, credential: Json) -> bool:
        """Runs until the connection is lost or a newer credential is stored. Returns False if it never worked."""
        where, session = credential["connection"], secrets.token_urlsafe(12)  # a session for each connection
        topics, will = where["topics"], {"status": "disconnected", "session": session}
        connection = Connection(self, where["host"], where["port"],
                                [f"{topics}/config", f"provisioning/v1/{self.id}/response"], (f"{topics}/status", compact(will)))
        previous = {"previous": self.last_session} if self.last_session else {}
        status: Json = {}  # repeated until a configuration message answers it
        repeats, renewals, request = Repeats(), Repeats(), None
        subscribed: set[str] = set()
        readings, next_reading = 0, math.inf
        settled, deadline = False, time.monotonic() + 60

        def tell(**members: Any) -> None:
            nonlocal status
            status = members | {"session": session}
            connection.publish(f"{topics}/status", self.status(status, where))
            repeats.later()

        try:
            connection.open(credential["folder"] / "certificate.pem", credential["folder"] / "key.pem")
            while (settled and not status) or time.monotonic() < deadline:  # a session that was ended is never answered
                event = connection.next(min(repeats.left() if status else 5, renewals.left() if request else 5, 5,
                                            next_reading - time.monotonic()))
                if event and event[0] == "-":
                    return settled
                if event and event[0] == "" and not settled:
                    say("connected", generation=credential["generation"])
                    tell(status="connected", generation=credential["generation"], **previous)
                    self.last_session = session
                elif event and event[0] == f"provisioning/v1/{self.id}/response":
                    if request and self.on_answer(event[1], connection, request, renewals, credential):
                        return True
                elif event and event[0] == f"{topics}/config":
                    message = self.opened("provisioning-config+jws", event[1], credential["by_service"])
                    if message and message["session"] == session:
                        self.settle(credential, message.get("confirmed", 0))
                        settled = True
                        if not (asks_for_ready(message) and status.get("config_version") == message["config_version"]):
                            deadline = time.monotonic() + 60
                        self.keep_rights(credential, message.get("connection"))
                        if self.on_configuration(message, status, tell):
                            status = {}
                            # Not before: the service tells the broker the rights of a device that has connected.
                            for each in set(where.get("subscribe", ())) - subscribed:
                                connection.client.subscribe(each, 1)
                                subscribed.add(each)
                            next_reading = min(next_reading, time.monotonic())
                elif event and event[0]:
                    say("received", topic=event[0], payload=event[1].decode(errors="replace"))
                if next_reading <= time.monotonic():
                    readings += 1
                    next_reading = time.monotonic() + self.report(connection, where, readings)
                    if self.once:
                        stop(0, None)
                if status and repeats.left() <= 0:
                    tell(**status)
                if settled and not request and (self.now() or time.time()) >= credential["renew_after"]:
                    say("renewing", generation=credential["generation"])
                    request = Request(self)
                if request and renewals.left() <= 0:
                    self.ask(connection, request, renewals, credential)
            return settled
        finally:
            if STOPPED:
                connection.deliver(f"{topics}/status", compact(will))  # after a lost connection the broker sends it
            connection.close()

    # --- what a ready device does with its rights (6)

    def keep_rights(self, credential: Json, connection: Json | None) -> None:
        """Of the connection in use, which a configuration brings again when they change. This device does not move."""
        where = credential["connection"]
        if connection and all(connection[name] == where[name] for name in ("host", "port", "tls", "client_id", "topics")):
            where.pop("publish", None)
            where.pop("subscribe", None)
            where.update(connection)
            file = credential["folder"] / "connection.json"
            store(file, compact((load(file) or {}) | {"connection": where}))

    def report(self, connection: Connection, where: Json, number: int) -> float:
        """Publishes a reading on the first publish right, if there is one; returns the seconds to the next one."""
        config = (load(self.folder / "config.json") or {}).get("config", {})
        interval = config.get("report_interval_s")
        if not isinstance(interval, int) or not 1 <= interval <= 86400 or not where.get("publish"):
            return 60.0
        topic = re.sub("[+#]", "reading", where["publish"][0])
        reading = {"number": number, "load": round(os.getloadavg()[0], 2)}
        if connection.deliver(topic, compact(reading)):
            say("reading", topic=topic)
        return float(interval)

    def on_configuration(self, message: Json, said: Json, tell: Any) -> bool:
        """Returns True when the device is ready and has nothing more to say."""
        known = load(self.folder / "config.json") or {"config_version": 0}
        config = self.config_in(message)
        if message["config_version"] > known["config_version"] and config is not None:
            # Apply the configuration here. If that fails: tell(status="failed", code=..., message=...).
            known = {"config_version": message["config_version"], "config": config}
            store(self.folder / "config.json", compact(known))
        if (message["config_version"] == known["config_version"] and message["state"] == "ready"
                and not asks_for_ready(message)):
            say("ready", config_version=known["config_version"])
            return True
        if said.get("status") != "ready" or said["config_version"] != known["config_version"]:
            tell(status="ready", config_version=known["config_version"])  # once; the timer repeats it
        return False

    # --- the main loop: the newest credential that works, else the one before, else a new request

    def run(self) -> None:
        pause = Repeats()
        while True:
            trouble = ""
            try:
                if self.live():
                    pause = Repeats()
            except OSError as error:
                trouble = f"no connection: {error}"
            pause.later()
            if trouble:
                print(f"device.py: {trouble}; it tries again in {pause.left():.0f} s", file=sys.stderr, flush=True)
            threading.Event().wait(max(pause.left(), 0))

    def live(self) -> bool:
        """Runs until something changes or the connection is lost; False if no credential worked."""
        credentials = self.credentials()
        for credential in credentials:
            ends = expires_at(x509.load_der_x509_certificate(credential["der"]))
            if ends > (self.now() or time.time()) and self.operate(credential):
                return True
        return self.enrol(60 if credentials else None)


STOPPED: list[int] = []


def asks_for_ready(message: Json) -> bool:
    """6: the service has not heard `ready` for this version, so the message is no answer to it."""
    return any(name in message for name in ("config", "sealed", "connection"))


def expires_at(certificate: x509.Certificate) -> float:
    return certificate.not_valid_after.replace(tzinfo=datetime.timezone.utc).timestamp()


def say(step: str, **members: Any) -> None:
    print(json.dumps({"step": step} | {name: value for name, value in members.items() if value is not None}), flush=True)


def stop(number: int, _frame: object) -> None:
    STOPPED.append(number)
    raise SystemExit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    environment = os.environ.get
    parser.add_argument("id")
    parser.add_argument("--broker", default=environment("LATCHKEY_BOOTSTRAP_URL"), help="broker for the request, mqtts://HOST:PORT")
    parser.add_argument("--user", default=environment("LATCHKEY_BOOTSTRAP_USER"), help="the bootstrap account")
    parser.add_argument("--password-file", type=Path, default=environment("LATCHKEY_BOOTSTRAP_PASSWORD_FILE"))
    parser.add_argument("--server-ca", type=Path, default=environment("LATCHKEY_SERVER_CA_FILE"), help="the service's anchor, PEM")
    parser.add_argument("--key-file", type=Path, required=True, help="the device's own key")
    parser.add_argument("--group", help="the group that the key was derived from")
    parser.add_argument("--dir", type=Path, required=True, help="folder for the device's state")
    parser.add_argument("--max-message-bytes", type=int, help="the largest message that the device takes, 2048 to 16384")
    parser.add_argument("--once", action="store_true", help="exit when the device is ready")
    arguments = parser.parse_args()
    missing = [name for name in ("broker", "user", "password_file", "server_ca") if not getattr(arguments, name)]
    if missing:
        parser.error("missing, and not in the environment: " + ", ".join(f"--{name.replace('_', '-')}" for name in missing))
    signal.signal(signal.SIGTERM, stop)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Debian 12 and 13 have different versions of both libraries
        Device(arguments).run()


if __name__ == "__main__":
    main()
