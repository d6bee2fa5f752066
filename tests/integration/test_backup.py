"""A registry that was restored to an earlier time: what devices notice, and the way back (docs/operations.md)."""

from __future__ import annotations

import secrets
import subprocess
import time

from cryptography.hazmat.primitives import serialization
from proof_case import ProofTest

from daemon import clean_environment
from foreign_device import Device, KeyPair
from jose import PrivateKey, generate_key


def connection_key(device: Device) -> PrivateKey:
    """The key of the certificate that it connects with."""
    key = serialization.load_pem_private_key(device.key_file.read_bytes(), None)
    assert isinstance(key, PrivateKey)
    return key


class Backup(ProofTest):
    def tool(self, *argv: str) -> None:
        """One of PostgreSQL's, by the superuser's login."""
        environment = {"PGHOST": "127.0.0.1", "PGPORT": str(self.stack.cluster.port), "PGUSER": "postgres",
                       "PGPASSWORD": self.stack.cluster.superuser_password}
        result = subprocess.run(argv, capture_output=True, text=True, env=clean_environment(environment))
        self.assertEqual(result.returncode, 0, f"{argv}\n{result.stderr}")

    def restore(self, backup: str) -> None:
        """As docs/operations.md says it: beside the old database, which keeps what was lost until nobody needs it."""
        self.stack.service.stop()
        self.stack.cluster.sql("ALTER DATABASE latchkey RENAME TO latchkey_before; "
                               "CREATE DATABASE latchkey OWNER owner TEMPLATE template0;", "postgres")
        self.tool("pg_restore", "--exit-on-error", "--dbname", "latchkey", backup)

    def enroll_holder(self, device: Device) -> None:
        assert isinstance(device.proof, KeyPair)
        self.enroll_public_key(device.device_id, device.proof.key)

    def ready_device(self, device_id: str) -> Device:
        device = self.holder(device_id, generate_key("ES256"))
        self.enroll_holder(device)
        self.assert_accepted(device.provision())
        self.assertEqual(device.become_ready()["state"], "ready")
        return device

    def is_ignored(self, device: Device, generation: int) -> None:
        """Its status gets no configuration message."""
        with device.connect() as session:
            session.tell("connected", generation=generation)
            self.assertIsNone(session.listen(time.monotonic() + 2))

    def test_a_restore_to_an_earlier_time(self) -> None:
        steady, renewed, stolen = (self.ready_device(f"{name}-1") for name in ("steady", "renewed", "stolen"))
        fresh = self.holder("fresh-1", generate_key("ES256"))
        self.enroll_holder(fresh)
        backup = str(self.folder / "latchkey.dump")
        self.tool("pg_dump", "--format=custom", "--file", backup, "latchkey")

        # What will be lost.
        first = renewed.proof
        renewed.request_id = secrets.token_urlsafe(16)
        self.assert_accepted(renewed.provision(), 2)
        renewed.become_ready()
        self.assert_accepted(fresh.provision())
        fresh.become_ready()
        self.stack.sql("SELECT registry.revoke('stolen-1', 'stolen')")
        serials = {c["serial"] for c in self.query("SELECT serial FROM registry.certificates")}

        self.restore(backup)
        self.assertEqual(self.stack.sql("SELECT registry.restored('the disk of db1 died, backup of 03:00')").strip(), "4")
        self.stack.service.start()

        with self.subTest("who was not touched in the lost time goes on as if nothing had been"):
            with steady.connect() as session:
                configuration = session.say("connected", generation=1)
                session.say("ready", config_version=configuration["config_version"])
            self.assertEqual(self.row("steady-1")["state"], "ready")
        with self.subTest("a credential of the lost time proves nothing"):
            self.is_ignored(renewed, 2)
            renewed.request_id = secrets.token_urlsafe(16)
            self.assertIn("names no certificate", self.refused(self.renewing(renewed, connection_key(renewed))))
        with self.subTest("by its enrolment it comes back, and no generation is given twice"):
            renewed.proof, renewed.request_id = first, secrets.token_urlsafe(16)
            self.assert_accepted(renewed.provision(), 1002)
            self.assertEqual(renewed.become_ready()["state"], "ready")
            self.is_ignored(fresh, 1)
            fresh.request_id = secrets.token_urlsafe(16)
            self.assert_accepted(fresh.provision(), 1001)
            self.assertEqual(fresh.become_ready()["state"], "ready")
        with self.subTest("no serial is given twice"):
            issued = self.query("SELECT serial FROM registry.certificates WHERE generation > 1000")
            self.assertEqual(len(issued), 2)
            self.assertFalse(serials & {c["serial"] for c in issued})
        with self.subTest("what operators did in the lost time has to be done again"):
            self.assertEqual(self.row("stolen-1")["state"], "ready")
            lost = self.stack.cluster.sql("SELECT action, old_state, new_state, device_id, reason FROM registry.event WHERE "
                                          "actor = 'operator' ORDER BY at DESC LIMIT 1", "latchkey_before")
            self.assertEqual(lost.split(), ["state", "ready", "revoked", "stolen-1", "stolen"])
            self.stack.sql("SELECT registry.revoke('stolen-1', 'stolen')")
            self.assertEqual(self.row("stolen-1")["state"], "revoked")
        with self.subTest("the gap is in the audit trail"):
            self.assertEqual(len(self.query("SELECT * FROM registry.events WHERE action = 'restored' AND device_id IS NULL")), 1)

