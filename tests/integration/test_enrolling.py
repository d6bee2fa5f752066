"""`latchkey enroll` with what is no secret, and with a group's policy: who gets in by it, and what is refused."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

from stack_case import StackTest

from factory import Factory
from jose import generate_key, openssl
from stack import StackError


class Enrolling(StackTest):
    def write_pair(self, subject: str) -> tuple[Path, Path]:
        """A key, and the self-signed CA certificate that openssl makes of it."""
        key, certificate = self.folder / f"{subject}.private.pem", self.folder / f"{subject}.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                f"/CN={subject}", "-keyout", str(key), "-out", str(certificate))
        return key, certificate

    def write_leaf(self, subject: str, ca: tuple[Path, Path]) -> tuple[Path, Path]:
        key, certificate = self.folder / f"{subject}.private.pem", self.folder / f"{subject}.pem"
        extensions = self.folder / f"{subject}.ext"
        extensions.write_text("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n")
        request = openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                          f"/CN=not the id/serialNumber={subject}", "-keyout", str(key))
        openssl("x509", "-req", "-CA", str(ca[1]), "-CAkey", str(ca[0]), "-days", "2", "-extfile", str(extensions),
                "-out", str(certificate), stdin=request)
        return key, certificate

    def provision(self, device_id: str, *flags: str) -> subprocess.CompletedProcess[str]:
        return self.run_device("provision", device_id, "--dir", str(self.folder / f"device-{device_id}"),
                                 "--timeout", "30", *flags)

    def assert_ready(self, device_id: str, *flags: str) -> None:
        result = self.provision(device_id, *flags)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.row(device_id)["state"], "ready")

    def assert_refused(self, code: int, why: str, *arguments: str) -> None:
        result = self.run_latchkey("enroll", *arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn(why, result.stderr)

    def test_a_device_by_its_public_key(self) -> None:
        key, _ = self.write_pair(self.name)
        public = self.folder / "public.pem"
        public.write_bytes(openssl("pkey", "-in", str(key), "-pubout"))
        self.enroll("device", self.name, "--public-key-file", str(public))
        self.assert_ready(self.name, "--private-key-file", str(key))

    def test_a_device_by_its_certificate(self) -> None:
        device_id = self.name.replace("_", "-")  # a serialNumber is a PrintableString
        key, certificate = self.write_leaf(device_id, self.write_pair("maker"))
        self.enroll("device", device_id, "--certificate-file", str(certificate))
        self.assert_ready(device_id, "--private-key-file", str(key), "--certificate-file", str(certificate))

    def test_a_group_by_its_ca_with_the_id_from_the_serial_number(self) -> None:
        ca = self.write_pair("factory")
        self.enroll("group", "factory", "--ca-file", str(ca[1]), "--id-from", "serial_number")
        device_id = self.name.replace("_", "-")
        key, certificate = self.write_leaf(device_id, ca)
        self.assert_ready(device_id, "--private-key-file", str(key), "--certificate-file", str(certificate))

    def test_allowed_devices_of_a_group_with_a_list(self) -> None:
        _, file = self.write_token("listed")
        self.enroll("group", "listed", "--token-file", str(file), "--admission", "allow_list")
        refused = self.provision(f"{self.name}-2", "--token-file", str(file))
        self.assertEqual(refused.returncode, 1, refused.stderr)
        self.enroll("device", self.name, "--group", "listed", "--allow")
        self.assert_ready(self.name, "--token-file", str(file))

    def test_what_a_group_gives_its_devices(self) -> None:
        _, file = self.write_token("strict")
        self.enroll("group", "strict", "--token-file", str(file), "--credential-type", "password", "--admission",
                    "approval", "--reprovisioning", "deny", "--sealing", "always")
        kept = self.stack.cluster.sql("SELECT credential_types, admission, reprovisioning, sealing "
                                      "FROM registry.enrollment_group WHERE name = 'strict'")
        self.assertEqual(kept.split(), ["{password}", "approval", "deny", "always"])

    def test_the_services_own_ca_is_no_groups(self) -> None:
        own = str(self.stack.pki / "device-ca.pem")
        self.assert_refused(65, "a certificate of the service", "group", "own", "--ca-file", own)
        ca = self.write_pair("rolled")
        self.enroll("group", "rolled", "--ca-file", str(ca[1]))
        self.assert_refused(65, "a certificate of the service", "roll-key", "rolled", "--ca-file", own)

    def test_a_certificate_that_has_ended_is_refused_by_command_and_sql(self) -> None:
        factory, key = Factory("ended", ended=True), generate_key("ES256")
        ca, leaf = self.folder / "ended.pem", self.folder / "ended-leaf.pem"
        ca.write_text(factory.pem)
        leaf.write_text(ssl.DER_cert_to_PEM_cert(factory.leaf("ended-leaf", key, ended=True)))
        self.assert_refused(65, "this certificate ended on ", "group", "ended", "--ca-file", str(ca))
        self.assert_refused(65, "the certificate has expired", "device", self.name, "--certificate-file", str(leaf))
        good = self.write_pair("not-ended")
        self.enroll("group", "not-ended", "--ca-file", str(good[1]))
        self.assert_refused(65, "this certificate ended on ", "roll-key", "not-ended", "--ca-file", str(ca))
        for act in (f"enroll_group('ended', 'x509', registry.pem('{factory.pem}'))",
                    f"enroll_device('ended', 'x509', registry.pem('{leaf.read_text()}'))",
                    f"roll_group_key('not-ended', registry.pem('{factory.pem}'))"):
            with self.subTest(act[:12]), self.assertRaisesRegex(StackError, "this certificate ended on "):
                self.stack.sql(f"SELECT registry.{act}")

    def test_files_of_another_kind_are_refused(self) -> None:
        ca = self.write_pair("other")
        key, leaf = self.write_leaf("other-leaf", ca)
        self.assert_refused(65, str(leaf), "group", "other", "--ca-file", str(leaf))
        self.assert_refused(65, str(key), "device", self.name, "--public-key-file", str(key))
        self.assert_refused(65, str(key), "device", self.name, "--certificate-file", str(key))
        two = self.folder / "two.pem"
        two.write_text(leaf.read_text() + ca[1].read_text())
        self.assert_refused(65, "2 certificates", "device", self.name, "--certificate-file", str(two))
        self.assert_refused(65, "this is the certificate of a CA", "device", self.name, "--certificate-file", str(ca[1]))
        long = self.folder / "p521.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521", "-nodes", "-days", "2", "-subj", "/CN=p521",
                "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", str(self.folder / "p521.private.pem"), "-out", str(long))
        self.assert_refused(65, str(long), "device", self.name, "--certificate-file", str(long))

    def test_the_registry_reads_the_times_and_refuses_what_is_none(self) -> None:
        key = ("--generate-key", str(self.folder / "times.key"))
        self.assert_refused(65, "invalid input syntax for type timestamp", "group", self.name, *key, "--valid-until", "soon")
        self.assert_refused(65, "valid_until is not after valid_from", "group", self.name, *key,
                            "--valid-from", "2027-01-02T00:00:00Z", "--valid-until", "2027-01-01T00:00:00Z")
        self.assertFalse((self.folder / "times.key").exists())

    def test_flags_that_do_not_go_together_are_refused(self) -> None:
        self.assert_refused(64, "--allow needs --group", "device", self.name, "--allow")
        self.assert_refused(64, "more than one", "device", self.name, "--group", "g", "--allow", "--token-file", "f")
        self.assert_refused(64, "does not go with --ca-file", "group", "g", "--proof", "token", "--ca-file", "f")
        self.assert_refused(64, "use --device-config for the configuration of the devices", "device", self.name, "--token-file", "f",
                            "--config", '{"a":1}')
        self.assert_refused(65, "id_from is for groups whose proof is x509", "group", "g", "--id-from", "uri", "--generate-token",
                            str(self.folder / "never.token"))
        self.assertFalse((self.folder / "never.token").exists())
