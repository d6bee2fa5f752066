"""PostgreSQL with TLS on: sslmode, the server's name and client certificates are honoured (verify-full, both ways)."""

from __future__ import annotations

import os
import signal
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID
from stack_case import StackTest

from account import give
from daemon import clean_environment
from jose import PrivateKey, generate_key, private_pem
from stack import within

# Those of the stack's own pg_hba.conf come after these. The service's login has a password and a certificate.
ACCESS = """\
hostssl latchkey latchkey 127.0.0.1/32 scram-sha-256 clientcert=verify-full
host    latchkey latchkey 127.0.0.1/32 reject
"""
SETTINGS = """
ssl = on
ssl_cert_file = '{0}/db.pem'
ssl_key_file = '{0}/db-key.pem'
ssl_ca_file = '{0}/ca.pem'
"""


class Authority:
    """A CA of one level, with files for whoever it certifies."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        folder.chmod(0o755)
        self.folder = folder
        self.name = f"CA {folder.name}"
        self.key = generate_key("ES256")
        self.write("ca.pem", self.certify(self.name, self.key, True).public_bytes(x509.base.serialization.Encoding.PEM))

    def write(self, name: str, content: bytes) -> None:
        file = self.folder / name
        file.touch(0o600)
        file.write_bytes(content)
        file.chmod(0o600 if name.endswith("-key.pem") else 0o644)
        give(file)

    def certify(self, name: str, key: PrivateKey, is_ca: bool) -> x509.Certificate:
        now = datetime.now(timezone.utc)
        builder = x509.CertificateBuilder(
            issuer_name=_named(self.name), subject_name=_named(name), public_key=key.public_key(),
            serial_number=x509.random_serial_number(), not_valid_before=now - timedelta(hours=1),
            not_valid_after=now + timedelta(days=1))
        builder = builder.add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        return builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name.replace(" ", "-"))]), critical=False).sign(
            self.key, hashes.SHA256())

    def issue(self, file: str, name: str) -> None:
        key = generate_key("ES256")
        self.write(f"{file}.pem", self.certify(name, key, False).public_bytes(x509.base.serialization.Encoding.PEM))
        self.write(f"{file}-key.pem", private_pem(key))


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class DatabaseTls(StackTest):
    authority: Authority
    other: Authority

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.authority, cls.other = Authority(cls.folder / "db"), Authority(cls.folder / "other")
        cls.authority.issue("db", "localhost")
        cls.authority.issue("latchkey", "latchkey")
        cls.authority.issue("stranger", "stranger")
        cls.other.issue("latchkey", "latchkey")
        data = cls.stack.cluster.data
        access = data / "pg_hba.conf"
        access.write_text(ACCESS + access.read_text())
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS.format(cls.authority.folder))
        assert cls.stack.postgres.pid
        os.kill(cls.stack.postgres.pid, signal.SIGHUP)
        within(10, "TLS is on", lambda: cls.stack.cluster.sql("SHOW ssl").strip() == "on")

    def address(self, host: str = "localhost", ca: Authority | None = None, certificate: str = "latchkey",
                by: Authority | None = None, mode: str = "verify-full", password: str = "") -> str:
        own = (by or self.authority).folder
        options = {"sslmode": mode}
        if mode != "disable":
            options["sslrootcert"] = str((ca or self.authority).folder / "ca.pem")
        if certificate:
            options |= {"sslcert": str(own / f"{certificate}.pem"), "sslkey": str(own / f"{certificate}-key.pem")}
        login = f"latchkey:{password}" if password else "latchkey"
        return f"postgresql://{login}@{host}:{self.stack.cluster.port}/latchkey?{urlencode(options)}"

    def status(self, **how: object) -> subprocess.CompletedProcess[str]:
        url = self.address(password=self.stack.passwords["latchkey"], **how)  # type: ignore[arg-type]
        return subprocess.run([str(self.stack.binary), "db", "status"], capture_output=True, text=True, timeout=60,
                              env=clean_environment({**self.stack.environment, "LATCHKEY_OWNER_DB_URL": url}))

    def test_the_service_provisions_over_tls_with_its_certificate(self) -> None:
        self.stack.service.stop()
        self.stack.service.start(LATCHKEY_DATABASE_URL=self.address())
        device = self.enrolled()
        self.assert_accepted(device.provision())
        self.assertEqual(device.become_ready()["state"], "ready")
        backends = self.stack.cluster.sql(
            "SELECT DISTINCT ssl, version, client_dn FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'latchkey'")
        self.assertEqual(backends.strip().split("\t"), ["t", "TLSv1.3", "/CN=latchkey"])

    def test_what_is_right_connects(self) -> None:
        result = self.status()
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_what_is_not_right_is_refused_and_says_why(self) -> None:
        cases = (
            ({"mode": "disable", "certificate": ""}, "pg_hba.conf rejects connection"),
            ({"ca": self.other}, "certificate verify failed"),
            ({"host": "127.0.0.1"}, "does not match host name"),
            ({"certificate": ""}, "client certificate"),
            ({"certificate": "stranger"}, "authentication failed"),  # its CN is not the login
            ({"by": self.other}, "unknown ca"),
        )
        for how, why in cases:
            with self.subTest(how):
                result = self.status(**how)
                self.assertNotEqual(result.returncode, 0, result.stdout)
                self.assertRegex(result.stderr, why)

    def test_the_service_waits_for_a_server_that_it_can_trust(self) -> None:
        replica = self.stack.replica("distrustful")
        replica.spawn(LATCHKEY_DATABASE_URL=self.address(ca=self.other))
        try:
            within(20, "it says why it waits", lambda: "certificate verify failed" in replica.log.read_text())
            self.assertIsNotNone(replica.pid)
        finally:
            replica.stop()
