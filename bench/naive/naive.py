#!/usr/bin/python3
"""The job as most people would write it first: one callback that takes a request, checks it, issues a certificate, writes
it down in one transaction, and answers. The same requests and answers on the wire as Latchkey's (docs/protocol.md), for
devices of one group with a symmetric key. A yardstick for ./dev bench --peers, not a provisioning service: no limits, no
idempotence, no ledger of failures, no policy."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import os
import secrets
import signal
import uuid
from pathlib import Path
from types import FrameType
from typing import Any

import paho.mqtt.client as mqtt
import psycopg2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

TABLES = """
CREATE SCHEMA IF NOT EXISTS naive;
CREATE TABLE IF NOT EXISTS naive.device (id text PRIMARY KEY, state text NOT NULL, attributes jsonb,
  registered_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS naive.credential (device_id text REFERENCES naive.device, generation int, request_id text NOT NULL,
  serial bytea UNIQUE, certificate bytea NOT NULL, not_after timestamptz NOT NULL, PRIMARY KEY (device_id, generation));
CREATE TABLE IF NOT EXISTS naive.event (at timestamptz NOT NULL DEFAULT now(), device_id text, what text NOT NULL);
"""
LIFE = datetime.timedelta(days=90)


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def mac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()


class Provisioner:
    def __init__(self, settings: dict[str, str]) -> None:
        self.group = settings["NAIVE_GROUP"]
        self.group_key = base64.b64decode(Path(settings["NAIVE_GROUP_KEY_FILE"]).read_text())
        self.ca = x509.load_pem_x509_certificate(Path(settings["NAIVE_CA_FILE"]).read_bytes())
        self.ca_key: Any = serialization.load_pem_private_key(Path(settings["NAIVE_CA_KEY_FILE"]).read_bytes(), None)
        self.database = psycopg2.connect(settings["NAIVE_DB"])
        with self.database, self.database.cursor() as cursor:
            cursor.execute(TABLES)

    def on_message(self, client: mqtt.Client, _: Any, message: mqtt.MQTTMessage) -> None:
        device_id = message.topic.split("/")[-2]
        try:
            answer = self.answer(device_id, message.payload.decode())
        except Exception as error:  # noqa: BLE001: whatever is wrong with it, the next one comes
            print(f"{device_id}: {error!r}", flush=True)
            return
        client.publish(message.topic.removesuffix("request") + "response", answer, qos=1)

    def answer(self, device_id: str, jws: str) -> str:
        signed, _, signature = jws.rpartition(".")
        header, payload = (json.loads(decoded(part)) for part in signed.split("."))
        key = mac(self.group_key, device_id.encode())
        if header["kid"] != self.group or not hmac.compare_digest(mac(key, signed.encode()), decoded(signature)):
            raise ValueError("unauthorized")
        if payload["device_id"] != device_id:
            raise ValueError("of another device")
        certificate = self.issue(device_id, base64.b64decode(payload["credential"]["csr"]))
        generation = self.register(device_id, payload, certificate)
        der = certificate.public_bytes(serialization.Encoding.DER)
        renew_after = int((certificate.not_valid_after - LIFE / 3).timestamp())
        body = {"request_id": payload["request_id"], "device_id": device_id, "status": "accepted",
                "tracking_id": str(uuid.uuid4()), "server_time": int(datetime.datetime.now().timestamp()),
                "generation": generation, "config_version": 1, "config": {"report_interval_s": 60},
                "credential": {"type": "x509", "chain": [base64.b64encode(der).decode()], "renew_after": renew_after},
                "connection": {"host": "localhost", "port": 8883, "tls": True, "client_id": device_id,
                               "topics": f"devices/{device_id}"}}
        return self.signed(mac(key, b"provisioning-response v1"), body)

    def issue(self, device_id: str, der: bytes) -> x509.Certificate:
        request = x509.load_der_x509_csr(der)
        if not request.is_signature_valid:
            raise ValueError("invalid_csr")
        now = datetime.datetime.utcnow()
        usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
        return (x509.CertificateBuilder()
                .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device_id)]))
                .issuer_name(self.ca.subject).public_key(request.public_key())
                .serial_number(secrets.randbits(126) | 1 << 126)
                .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + LIFE)
                .add_extension(x509.BasicConstraints(False, None), True).add_extension(usage, True)
                .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
                .sign(self.ca_key, hashes.SHA256()))

    def register(self, device_id: str, payload: dict[str, Any], certificate: x509.Certificate) -> int:
        with self.database, self.database.cursor() as cursor:
            cursor.execute("SELECT max(generation) FROM naive.credential WHERE device_id = %s", (device_id,))
            generation = (cursor.fetchone()[0] or 0) + 1
            cursor.execute("INSERT INTO naive.device (id, state, attributes) VALUES (%s, 'registered', %s) "
                           "ON CONFLICT (id) DO UPDATE SET attributes = EXCLUDED.attributes",
                           (device_id, json.dumps(payload.get("attributes", {}))))
            cursor.execute("INSERT INTO naive.credential VALUES (%s, %s, %s, %s, %s, %s)",
                           (device_id, generation, payload["request_id"], certificate.serial_number.to_bytes(16, "big"),
                            certificate.public_bytes(serialization.Encoding.DER), certificate.not_valid_after))
            cursor.execute("INSERT INTO naive.event (device_id, what) VALUES (%s, 'registered')", (device_id,))
        return generation

    @staticmethod
    def signed(key: bytes, body: dict[str, Any]) -> str:
        header = {"alg": "HS256", "typ": "provisioning-response+jws"}
        text = encoded(json.dumps(header).encode()) + "." + encoded(json.dumps(body).encode())
        return text + "." + encoded(mac(key, text.encode()))


def stop(_: int, __: FrameType | None) -> None:
    raise SystemExit


def main() -> None:
    signal.signal(signal.SIGTERM, stop)
    settings = dict(os.environ)
    provisioner = Provisioner(settings)
    client = mqtt.Client("@naive")
    client.username_pw_set("@service", Path(settings["NAIVE_PASSWORD_FILE"]).read_text().strip())
    client.max_inflight_messages_set(0)
    client.on_connect = lambda *_: client.subscribe("provisioning/v1/+/request", 1)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.on_message = provisioner.on_message
    host, _, port = settings["NAIVE_BROKER"].partition(":")
    client.connect(host, int(port))
    client.loop_forever()


if __name__ == "__main__":
    main()
