"""The list of revoked certificates, for brokers that read one: Mosquitto's crlfile and SIGHUP. There is no plugin's denial here:
what keeps a device out is the list alone."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from crl_case import CrlTest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from account import give
from clocks import FAKETIME
from foreign_device import Device
from jose import openssl
from stack import Settings, Stack, within

LIFETIME = timedelta(hours=3)


class Crl(CrlTest):
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

    def lists(self, *cas: str) -> list[set[int]]:
        """The serials that stand under each CA."""
        end = b"-----END X509 CRL-----\n"
        found = [x509.load_pem_x509_crl(part + end) for part in self.file.read_bytes().split(end)[:-1]]
        serials = []
        for ca in cas:
            key = x509.load_pem_x509_certificate(Path(ca).read_bytes()).public_key()
            (of_ca,) = [crl for crl in found if crl.is_signature_valid(key)]  # type: ignore[arg-type]
            serials.append({entry.serial_number for entry in of_ca})
        return serials

    def await_listed(self, serial: int) -> None:
        within(5, "the certificate is on the list", lambda: serial in self.serials())

    def put_crl(self, left: timedelta, serials: set[int], number: int = 0) -> bytes:
        """A list of the same CA as an earlier run of the service or another replica may have left it."""
        key = serialization.load_pem_private_key((self.stack.pki / "device-ca-key.pem").read_bytes(), None)
        ca = x509.load_pem_x509_certificate((self.stack.pki / "device-ca.pem").read_bytes())
        since = {entry.serial_number: entry.revocation_date for entry in self.crl()}
        end = datetime.now(timezone.utc).replace(tzinfo=None) + left
        builder = x509.CertificateRevocationListBuilder(ca.subject, end - LIFETIME, end)
        if number:
            builder = builder.add_extension(x509.CRLNumber(number), critical=False)
        for serial in serials:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder(serial, since.get(serial, end - LIFETIME)).build())
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
            self.assertRegex(self.fetch("/metrics")[1], r"(?m)^latchkey_crl_failures_total [1-9]")
        finally:
            self.file.parent.chmod(0o755)
        within(10, "it is written", lambda: self.serial_of(device) in self.serials())

    def test_a_list_that_somebody_cuts_off_or_puts_back_is_written_anew(self) -> None:
        older = self.file.read_bytes()
        device = self.provisioned(self.name)
        self.act(f"revoke('{self.name}', 'stolen')")
        self.await_listed(self.serial_of(device))
        for name, content in (("cut off", self.file.read_bytes()[:200]), ("empty", b""), ("older", older)):
            with self.subTest(name):
                self.file.write_bytes(content)
                within(7, "it is whole", lambda: self.file.read_bytes().endswith(b"-----END X509 CRL-----\n") and
                       self.serial_of(device) in self.serials())
                within(5, "the broker refuses it", lambda: not self.is_let_in(device))
        self.assertIn("the file of the CRL was changed by somebody else", self.log())

    def test_a_newer_list_of_another_replica_stays_while_this_one_does_not_reach_the_database(self) -> None:
        device = self.provisioned(self.name)
        serial = self.serial_of(device)
        newer = self.crl().extensions.get_extension_for_class(x509.CRLNumber).value.crl_number + 1
        self.stack.postgres.stop()
        try:
            self.put_crl(LIFETIME, self.serials() | {serial}, newer)
            within(7, "the broker reads it and refuses the device", lambda: not self.is_let_in(device))
            self.assertIn(serial, self.serials())
        finally:
            self.stack.postgres.start()
        within(15, "the registry's own list is written", lambda: serial not in self.serials())

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

    def test_a_list_that_is_removed_as_soon_as_it_is_written_comes_back(self) -> None:
        self.file.unlink()
        deadline = time.monotonic() + 10
        while not self.file.exists():  # without a pause: before the service looks at what it wrote
            self.assertLess(time.monotonic(), deadline)
        self.file.unlink()
        within(10, "there is one", self.file.exists)

    def test_a_broker_that_cannot_be_told_is_reported(self) -> None:
        self.stack.mosquitto.stop()
        try:
            self.file.unlink()  # it is written anew
            within(10, "it is reported", lambda: "the broker was not told of the new CRL" in self.log())
        finally:
            self.stack.mosquitto.start()

    # --- clocks

    def test_a_list_from_the_future_is_made_anew_at_once(self) -> None:
        before = self.serials()
        self.stack.service.stop()
        self.put_crl(LIFETIME + timedelta(days=2), before)
        self.stack.service.start()
        within(5, "it is of today", lambda: self.left() < LIFETIME)
        self.assertEqual(self.serials(), before)

    def test_a_service_whose_clock_is_two_days_ahead_locks_nobody_out(self) -> None:
        device, other = self.provisioned(f"{self.name}-r"), self.provisioned(f"{self.name}-o")
        service = self.stack.service
        self.addCleanup(service.restart)
        self.addCleanup(setattr, service, "argv", service.argv)
        # By env, so that it begins with the account that the service runs as: what it shares has an owner.
        service.argv = ["env", f"LD_PRELOAD={FAKETIME}", "FAKETIME=+2d", "FAKETIME_DONT_FAKE_MONOTONIC=1", *service.argv]
        service.restart()
        self.act(f"revoke('{device.device_id}', 'stolen')")
        self.await_listed(self.serial_of(device))
        within(5, "the broker refuses it", lambda: not self.is_let_in(device))
        self.assertTrue(self.is_let_in(other))
        self.assertLess(self.left(), LIFETIME)

    # --- another device CA

    def test_a_new_device_ca_has_a_list_beside_that_of_the_old_one(self) -> None:
        old = {what: self.provisioned(f"{self.name}-old-{what}") for what in ("kept", "early", "late")}
        self.act(f"revoke('{old['early'].device_id}', 'stolen')")
        self.await_listed(self.serial_of(old["early"]))
        cas = self.change_device_ca(previous=True)

        new = {what: self.provisioned(f"{self.name}-new-{what}") for what in ("kept", "late")}
        for devices in (old, new):
            self.act(f"revoke('{devices['late'].device_id}', 'stolen')")
        late, early = {name: self.serial_of(devices["late"]) for name, devices in (("old", old), ("new", new))}, self.serial_of(old["early"])
        within(5, "both are listed", lambda: late["old"] in self.lists(*cas)[0] and late["new"] in self.lists(*cas)[1])
        self.assertTrue(early in self.lists(*cas)[0])
        self.assertEqual(self.lists(*cas)[1], {late["new"]})
        self.assertNotIn(late["new"], self.lists(*cas)[0])
        for device in (old["early"], old["late"], new["late"]):
            within(5, "the broker refuses it", lambda: not self.is_let_in(device))
        for device in (old["kept"], new["kept"]):
            self.assertTrue(self.is_let_in(device))

    def test_the_list_of_a_ca_that_is_not_configured_stays_and_is_reported(self) -> None:
        old = self.provisioned(f"{self.name}-old")
        before = self.serials()
        cas = self.change_device_ca(previous=False)
        new = self.provisioned(f"{self.name}-new")
        within(5, "both lists are there", lambda: len(self.lists(*cas)) == 2)
        self.assertEqual(self.lists(*cas)[0], before)
        self.assertTrue(self.is_let_in(old) and self.is_let_in(new))
        self.assertIn("the file has a CRL that this service cannot renew", self.log())
        self.act(f"revoke('{old.device_id}', 'stolen')")
        within(5, "it is reported", lambda: "revoked certificates are on no CRL" in self.log())
        self.assertNotIn(self.serial_of(old), self.lists(*cas)[1])
        # Whatever happens to the file, nobody but its CA can make that list again; and who removes the file drops it.
        whole = self.file.read_bytes()
        self.file.write_bytes(whole[:-20])
        within(7, "both lists are there", lambda: self.file.read_bytes().count(b"-----END X509 CRL-----\n") == 2)
        self.assertEqual(self.lists(*cas)[0], before)
        self.file.unlink()
        within(7, "there is one", lambda: self.file.exists() and self.file.read_bytes().count(b"-----END X509 CRL-----\n") == 1)

    def change_device_ca(self, previous: bool) -> tuple[str, str]:
        """As docs/certificates.md says; both CAs' files, the old one's first. All is as it was after the case."""
        folder = self.stack.home.path / self.name
        self.stack.as_owner("ca", "init", "--dir", str(folder), "--host", "localhost")
        kept = {name: (self.stack.pki / name).read_bytes() for name in ("device-ca.pem", "device-ca-key.pem")}
        settings = dict(self.stack.settings)
        self.addCleanup(self.put_back, kept, settings)
        files = {name: str(self.stack.home.keep_secret(f"{self.name}-{name}", content.decode())) for name, content in kept.items()}
        (self.stack.pki / "device-ca.pem").write_bytes(kept["device-ca.pem"] + (folder / "device-ca.pem").read_bytes())
        self.stack.settings = settings | {"pki": {"device_ca_file": str(folder / "device-ca.pem"),
                                                  "device_ca_key_file": str(folder / "device-ca-key.pem")}}
        if previous:
            self.stack.settings["crl"] = settings["crl"] | {"previous_ca_file": files["device-ca.pem"],
                                                            "previous_ca_key_file": files["device-ca-key.pem"]}
        self.stack.write_configuration()
        self.stack.service.restart()
        within(10, "both lists are there", lambda: self.file.read_bytes().count(b"BEGIN") == 2)
        self.stack.mosquitto.restart()
        return files["device-ca.pem"], str(folder / "device-ca.pem")

    def put_back(self, kept: dict[str, bytes], settings: Settings) -> None:
        for name, content in kept.items():
            (self.stack.pki / name).write_bytes(content)
        self.stack.service.stop()
        self.file.unlink()
        self.stack.settings = settings
        self.stack.write_configuration()
        self.stack.service.start()
        within(10, "there is a list", self.file.exists)
        self.stack.mosquitto.restart()

    def left(self) -> timedelta:
        end = self.crl().next_update
        assert end
        return end - datetime.now(timezone.utc).replace(tzinfo=None)
