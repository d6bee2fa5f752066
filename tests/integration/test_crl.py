"""The list of revoked certificates, for brokers that read one: Mosquitto's crlfile and SIGHUP. There is no plugin's denial here:
what keeps a device out is the list alone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.request import urlopen

from access_case import AccessTest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from account import give
from foreign_device import Device
from jose import openssl
from stack import Stack, within

LIFETIME = timedelta(hours=3)
RELOAD = """#!/bin/sh
read -r pid started <"$1" && kill -HUP "$pid"
"""


class Crl(AccessTest):
    file: Path

    @classmethod
    def prepare(cls, stack: Stack) -> None:
        home = cls.folder / "crl"
        home.mkdir(mode=0o755)
        give(home)
        cls.file = home / "crl.pem"
        script = cls.folder / "reload.sh"
        script.write_text(RELOAD)
        script.chmod(0o755)
        stack.settings = {"broker_access": {"mode": "none"}, "crl": {
            "file": str(cls.file), "lifetime_h": 3, "reload_command": f"{script} {stack.directory}/stack/mosquitto.pid"}}

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        # As docs/deploy.md says: the file is there, and then the broker is told to read it.
        within(10, "there is a list", cls.file.exists)
        configuration = cls.stack.broker.configuration
        configuration.write_text(configuration.read_text() + f"crlfile {cls.file}\n")
        cls.stack.mosquitto.restart()

    def tearDown(self) -> None:
        if self.stack.service.pid is None:
            self.stack.service.start()

    # --- the list

    def crl(self) -> x509.CertificateRevocationList:
        """As OpenSSL believes it."""
        openssl("crl", "-in", str(self.file), "-CAfile", str(self.stack.pki / "device-ca.pem"), "-verify", "-noout")
        return x509.load_pem_x509_crl(self.file.read_bytes())

    def serials(self) -> set[int]:
        return {entry.serial_number for entry in self.crl()}

    def serial_of(self, device: Device, generation: int = 1) -> int:
        found = [row for row in self.certificates(device.device_id) if row["generation"] == generation]
        return int(found[0]["serial"], 16)

    def await_listed(self, serial: int) -> None:
        within(5, "the certificate is on the list", lambda: serial in self.serials())

    def put_crl(self, left: timedelta, serials: set[int]) -> bytes:
        """A list of the same CA as an earlier run of the service may have left it."""
        key = serialization.load_pem_private_key((self.stack.pki / "device-ca-key.pem").read_bytes(), None)
        ca = x509.load_pem_x509_certificate((self.stack.pki / "device-ca.pem").read_bytes())
        end = datetime.now(timezone.utc).replace(tzinfo=None) + left
        builder = x509.CertificateRevocationListBuilder(ca.subject, end - LIFETIME, end)
        for serial in serials:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder(serial, end - LIFETIME).build())
        pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)  # type: ignore[arg-type]
        self.file.write_bytes(pem)
        give(self.file)
        return pem

    def log(self) -> str:
        return self.stack.service.log.read_text()

    # --- the cases

    def test_a_revoked_certificate_is_refused_and_another_is_not(self) -> None:
        revoked, other = self.provisioned(f"{self.name}-r"), self.provisioned(f"{self.name}-o")
        self.assertTrue(self.is_let_in(revoked))
        self.act(f"revoke('{revoked.device_id}', 'stolen')")
        self.await_listed(self.serial_of(revoked))
        within(5, "the broker refuses it", lambda: not self.is_let_in(revoked))
        self.assertTrue(self.is_let_in(other))
        self.assertNotIn(self.serial_of(other), self.serials())

    def test_a_reset_leaves_the_old_certificate_on_the_list(self) -> None:
        device = self.provisioned(self.name)
        self.act(f"reset('{self.name}', 'sold')")
        again = self.device(self.name, device.proof)
        self.assert_accepted(again.provision(), generation=2)
        self.await_listed(self.serial_of(device))
        self.assertNotIn(self.serial_of(again, 2), self.serials())

    def test_a_replaced_certificate_is_listed_where_the_group_says_so(self) -> None:
        self.stack.sql("SELECT registry.enroll_group('strict', 'token', sha256('nobody has this one'), revoke_retired => true)")
        serials = {}
        for group in ("strict", "meters"):
            first = self.enrolled(f"{self.name}-{group}", "--group", group)
            self.assert_accepted(first.provision())
            first.become_ready()
            second = self.device(first.device_id, first.proof)
            self.assert_accepted(second.provision(), generation=2)
            second.become_ready()
            serials[group] = self.serial_of(first)
        self.stack.service.restart()  # in between it looks for these once a minute
        self.await_listed(serials["strict"])
        self.assertNotIn(serials["meters"], self.serials())
        self.act(f"revoke('{self.name}-meters', 'stolen')")
        self.await_listed(serials["meters"])

    def test_a_list_is_renewed_at_a_third_of_its_life(self) -> None:
        before = self.serials()
        self.stack.service.stop()
        self.put_crl(LIFETIME * 0.65, before)
        self.stack.service.start()
        within(5, "it is renewed", lambda: self.left() > LIFETIME * 0.99)
        self.assertEqual(self.serials(), before)

    def test_a_list_is_left_as_it_is_before_that(self) -> None:
        before = self.serials()
        self.stack.service.stop()
        placed = self.put_crl(LIFETIME * 0.68, before)
        self.stack.service.start()
        device = self.provisioned(self.name)
        self.assertEqual(self.file.read_bytes(), placed)
        self.act(f"revoke('{self.name}', 'stolen')")
        self.await_listed(self.serial_of(device))

    def test_a_list_is_renewed_while_the_database_is_away(self) -> None:
        before = self.serials() | {4711}
        self.stack.service.stop()
        self.put_crl(timedelta(minutes=1), before)
        self.stack.postgres.stop()
        try:
            self.stack.service.spawn()
            within(15, "it is renewed", lambda: self.left() > LIFETIME * 0.99)
            self.assertEqual(self.serials(), before)
        finally:
            self.stack.postgres.start()
        self.stack.service.await_ready()
        # What the registry does not know is no longer on it.
        within(10, "it is as the registry says", lambda: self.serials() == before - {4711})

    def test_a_list_that_cannot_be_written_stays_whole_and_is_written_later(self) -> None:
        device = self.provisioned(self.name)
        whole = self.file.read_bytes()
        self.file.parent.chmod(0o555)
        try:
            self.act(f"revoke('{self.name}', 'stolen')")
            within(5, "it is reported", lambda: "the CRL cannot be written" in self.log())
            self.assertEqual(self.file.read_bytes(), whole)
            self.assertRegex(self.metrics(), r"(?m)^latchkey_crl_failures_total [1-9]")
        finally:
            self.file.parent.chmod(0o755)
        within(10, "it is written", lambda: self.serial_of(device) in self.serials())

    def test_a_process_that_is_killed_leaves_the_list_whole(self) -> None:
        for point in ("in_crl_write:kill", "stored:kill@1", "stored:kill@2"):
            with self.subTest(point):
                device = self.provisioned(f"{self.name}-{point.replace(':', '-').replace('@', '-')}")
                whole = self.file.read_bytes()
                self.stack.service.restart(LATCHKEY_FAILPOINTS=point)
                self.act(f"revoke('{device.device_id}', 'stolen')")
                self.assertEqual(self.stack.service.await_end(10), -9)
                if not point.endswith("2"):
                    self.assertEqual(self.file.read_bytes(), whole)
                self.serials()
                self.stack.service.start()
                self.await_listed(self.serial_of(device))
                self.assertEqual(list(self.file.parent.glob(".crl*")), [])

    def test_a_broker_that_cannot_be_told_is_reported(self) -> None:
        self.stack.mosquitto.stop()
        try:
            self.file.unlink()  # it is written anew
            within(10, "it is reported", lambda: "the broker was not told of the new CRL" in self.log())
        finally:
            self.stack.mosquitto.start()

    def left(self) -> timedelta:
        end = self.crl().next_update
        assert end
        return end - datetime.now(timezone.utc).replace(tzinfo=None)

    def metrics(self) -> str:
        with urlopen(f"http://127.0.0.1:{self.stack.http_port}/metrics") as answer:
            return answer.read().decode()
