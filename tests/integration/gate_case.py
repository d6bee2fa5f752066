"""What the tests of the gate share: a broker with the gate in it and no service, whose part the tests play."""

from __future__ import annotations

import hashlib
import itertools
import os
import secrets
import signal
import sys
import tempfile
import unittest
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from account import give  # noqa: E402
from gate_broker import GateBroker, SanitizedGateBroker  # noqa: E402
from ports import free_port  # noqa: E402
from stack import within  # noqa: E402
from wire import Login, Wire, WireError  # noqa: E402

COMMANDS, REPLIES = "$CONTROL/latchkey/v1", "$CONTROL/latchkey/v1/response"
FAR = 4_000_000_000
LIMIT_S = 5.0


class Ca:
    """A certificate authority, with the files that a broker or a device needs."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name, self.key = folder, name, ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._make(name, self.key, ca=True, usage=None, hosts=())
        self.pem = self._write(f"{name}.pem", self.certificate)

    def issue(self, name: str, usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH, hosts: Iterable[str] = (),
              file: str = "") -> tuple[Path, Path, int]:
        """Certificate and key, and the serial number."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._make(name, key, ca=False, usage=usage, hosts=hosts)
        stem = file or f"{self.name}-{name}"
        key_file = self.folder / f"{stem}-key.pem"
        key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                               serialization.NoEncryption()))
        give(key_file)
        return self._write(f"{stem}.pem", certificate), key_file, certificate.serial_number

    def _make(self, name: str, key: ec.EllipticCurvePrivateKey, ca: bool, usage: x509.ObjectIdentifier | None,
              hosts: Iterable[str]) -> x509.Certificate:
        now = datetime.now(timezone.utc)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = subject if ca else self.certificate.subject
        builder = x509.CertificateBuilder(
            issuer_name=issuer, subject_name=subject, public_key=key.public_key(), serial_number=x509.random_serial_number(),
            not_valid_before=now - timedelta(hours=1), not_valid_after=now + timedelta(days=1))
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def _write(self, name: str, certificate: x509.Certificate) -> Path:
        path = self.folder / name
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        give(path)
        return path


@dataclass
class Answer:
    is_open: bool
    epoch: int
    digest: str
    devices: int
    pending: int
    has_journal: bool
    said: str


class Commander:
    """The service's part: it says what holds, and hears what the gate made of it."""

    def __init__(self, url: str, login: Login, client_id: str = "@commander") -> None:
        self.wire = Wire(url, client_id, login)
        self.epoch = 0
        self._numbers = itertools.count(1)

    def say(self, *lines: str) -> Answer:
        correlation = f"c{next(self._numbers)}"
        self.wire.publish(COMMANDS, "\n".join([f"latchkey 1 {correlation} {self.epoch}", *lines]).encode())
        message = self.wire.receive()
        assert message and message.topic == REPLIES, message
        head, state, said = message.payload.decode().splitlines()
        assert head == f"latchkey 1 {correlation}", head
        words = state.split()
        return Answer(words[1] == "open", int(words[2]), words[3], int(words[4]), int(words[7]), words[8] == "journal", said)

    def snapshot(self, *lines: str, floor: int = 0) -> Answer:
        told = [line for line in lines if line[0] in "dstr"]
        self.say(f"begin {floor}")
        for start in range(0, len(lines), 20):
            self.say(*lines[start:start + 20])
        answer = self.say(f"end {len(told)}")
        self.settle()
        return answer

    def settle(self) -> None:
        """Has all be done that was said."""
        within(LIMIT_S, "nothing is pending", lambda: self.say("hello").pending == 0)


def login_of(generation: int, password: str, until: int = 0) -> str:
    salt = hashlib.sha256(password.encode()).digest()[:16]
    return f"{generation}:{until}:{salt.hex()}:{hashlib.sha256((password + salt.hex()).encode()).hexdigest()}"


class GateTest(unittest.TestCase):
    """A broker for each case, opened by an empty snapshot unless the case is about that."""

    make_broker: type[GateBroker] = SanitizedGateBroker
    opened = True

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="latchkey-gate-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        give(self.folder)
        self.devices, self.servers, self.factory = (Ca(self.folder, name) for name in ("device-ca", "server-ca", "factory-ca"))
        self.servers.issue("localhost", ExtendedKeyUsageOID.SERVER_AUTH, ["localhost"], file="broker")
        self.broker = self.make_broker(self.folder, free_port(), free_port(), True)
        self.broker.configure(self.folder)
        self.broker.daemon.start()
        self.addCleanup(self.end_broker)
        self._names = itertools.count(1)
        if self.opened:
            self.commander = self.command()
            self.assertTrue(self.commander.snapshot().is_open)

    def end_broker(self) -> None:
        running = self.broker.daemon.pid is not None
        self.broker.daemon.stop()
        log = self.broker.daemon.log.read_text(errors="replace")
        for found in ("AddressSanitizer", "runtime error:"):
            self.assertNotIn(found, log, log[-4000:])
        self.assertTrue(running, f"the broker ended by itself:\n{log[-4000:]}")

    # --- who connects

    @property
    def bootstrap_url(self) -> str:
        return f"mqtts://localhost:{self.broker.bootstrap_port}"

    @property
    def device_url(self) -> str:
        return f"mqtts://localhost:{self.broker.device_port}"

    def account(self, name: str) -> Login:
        return Login(self.servers.pem, f"@{name}", self.broker.password_file(name).read_text().strip())

    def command(self, client_id: str = "@commander") -> Commander:
        commander = Commander(self.bootstrap_url, self.account("admin"), client_id)
        self.kept(commander.wire)
        return commander

    def service(self, *topics: str) -> Wire:
        wire = self.kept(Wire(self.bootstrap_url, f"@service-{next(self._names)}", self.account("service")))
        for topic in topics:
            wire.subscribe(topic)
        return wire

    def bootstrap(self, client_id: str, **how: object) -> Wire:
        return self.kept(Wire(self.bootstrap_url, client_id, self.account("bootstrap"), **how))  # type: ignore[arg-type]

    def certificate(self, device_id: str, ca: Ca | None = None) -> Login:
        certificate, key, self.serial = (ca or self.devices).issue(device_id, file=secrets.token_hex(4))
        return Login(self.servers.pem, certificate=certificate, key=key)

    def device(self, device_id: str, login: Login | None = None, **how: object) -> Wire:
        """By certificate; of its own, unless another one is given."""
        return self.kept(Wire(self.device_url, device_id, login or self.certificate(device_id), **how))  # type: ignore[arg-type]

    def with_password(self, device_id: str, generation: int, password: str, client_id: str = "") -> Wire:
        login = Login(self.servers.pem, f"{device_id}@{generation}", password)
        return self.kept(Wire(self.bootstrap_url, client_id or device_id, login))

    def kept(self, wire: Wire) -> Wire:
        def close() -> None:
            with suppress(OSError):  # the broker may have been killed
                wire.close()

        self.addCleanup(close)
        return wire

    # --- what is seen

    def assert_refused(self, connect: object, reason: str = "refused") -> None:
        with self.assertRaisesRegex(WireError, reason):
            connect()  # type: ignore[operator]

    def assert_cannot_subscribe(self, wire: Wire, *topics: str) -> None:
        for topic in topics:
            with self.subTest(topic), self.assertRaisesRegex(WireError, "refused"):
                wire.subscribe(topic)

    def restart(self, kill: bool = False) -> None:
        self.broker.daemon.kill() if kill else self.broker.daemon.stop()
        self.broker.daemon.start()

    def reload(self) -> None:
        """SIGHUP; returns when the broker has read its configuration again."""
        os.kill(self.broker.daemon.pid or 0, signal.SIGHUP)
        self.log_says("Reloading config.")
        self.commander.say("hello")

    def files(self, kind: str = "journal") -> list[Path]:
        return sorted(self.broker.gate_state.glob(f"{kind}.*"))

    def log_says(self, text: str) -> None:
        within(LIMIT_S, f"the log says {text}", lambda: text in self.broker.daemon.log.read_text())
