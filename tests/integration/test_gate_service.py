"""The gate in Mosquitto, told by the service: who is let in, and whose session ends (docs/gate.md)."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import test_dynamic_security as steered
from access_case import LIMIT_S, GateAccessTest
from gate_case import COMMANDS, FAR

from foreign_device import Session
from stack import within


class Access(GateAccessTest, steered.Passwords, steered.KeptOut):
    """What dynamic-security can do, and what only the gate can."""

    def test_a_device_of_each_credential_becomes_ready(self) -> None:
        for wants in ("x509", "password"):
            device = self.provisioned(f"{self.name[:40]}-{wants}", wants=wants)
            self.assertEqual(device.become_ready()["state"], "ready")

    def rotated(self, session: Session) -> Session:
        """The device's session by the next credential, which it asked for in this one and has confirmed."""
        before = session.device
        after = self.device(before.device_id, before.proof, wants=before.wants)
        after.folder = Path(self.enterContext(tempfile.TemporaryDirectory(dir=self.folder)))
        session.wire.subscribe(after.topic("response"))
        self.assert_accepted(after.keep(after.ask(session.wire, time.monotonic() + LIMIT_S)), generation=2)
        session = self.session(after)
        self.await_told()
        return session

    def assert_still_open(self, session: Session) -> None:
        session.say("ready", config_version=1)

    def test_the_end_of_a_password_does_not_end_the_session_by_the_next_one(self) -> None:
        first = self.provisioned(self.name, wants="password")
        session = self.rotated(self.session(first))
        self.assertFalse(self.is_let_in(first))
        self.assert_still_open(session)

    def test_the_end_of_a_certificate_does_not_end_the_session_by_the_next_one(self) -> None:
        self.act("enroll_group('strict', 'token', sha256('nobody'), revoke_retired => true)")
        first = self.enrolled(self.name, "--group", "strict")
        self.assert_accepted(first.provision())
        session = self.rotated(self.session(first))
        self.assertFalse(self.is_let_in(first))
        self.assert_still_open(session)

    def test_a_reset_device_comes_back_and_its_old_certificate_does_not(self) -> None:
        first = self.provisioned(self.name)
        self.cut_off_after(self.session(first), f"reset('{self.name}', 'sold')")
        again = self.device(self.name, first.proof)
        again.folder = Path(self.enterContext(tempfile.TemporaryDirectory(dir=self.folder)))
        self.assert_accepted(again.provision(), generation=2)
        session = self.session(again)
        self.assertFalse(self.is_let_in(first))
        self.assert_still_open(session)

    def test_a_disabled_group_is_kept_out_until_it_is_enabled(self) -> None:
        self.act("enroll_group('off', 'token', sha256('nobody else'))")
        device = self.enrolled(self.name, "--group", "off")
        self.stack.cluster.sql(f"UPDATE registry.enrollment SET group_name = 'off' WHERE device_id = '{self.name}'")
        self.assert_accepted(device.provision())
        self.cut_off_after(self.session(device), f"disable_device('{self.name}', 'holidays')")
        self.assertFalse(self.is_let_in(device))
        self.act(f"enable_device('{self.name}', 'back')")
        within(LIMIT_S, "it is let in", lambda: self.is_let_in(device))

    def test_a_slower_replica_does_not_undo_what_a_faster_one_said(self) -> None:
        """Its snapshot begins before the act, and ends after it."""
        device = self.provisioned(self.name, wants="password")
        session = self.session(device)
        self.await_told()
        slow = self.account("admin", f"@{self.name}")
        self.addCleanup(slow.close)
        epoch = self.stack.cluster.sql("SELECT access_epoch FROM registry.setting").strip()
        told = self.stack.cluster.sql(
            "SELECT 'd ' || version || ' ' || device_id || ' 0 ' || generation || ':' || %d || ':' || encode(salt, 'hex') || ':'"
            " || encode(password_hash, 'hex') FROM registry.access_entry JOIN registry.credential USING (device_id)"
            " WHERE device_id = '%s'" % (FAR, self.name)).strip()

        def say(*lines: str) -> str:
            slow.publish(COMMANDS, "\n".join([f"latchkey 1 slow {epoch}", *lines]).encode())
            answer = slow.receive()
            assert answer
            return answer.payload.decode().splitlines()[2]

        self.assertEqual(say("begin 0"), "done 0 0")
        self.cut_off_after(session, f"revoke('{self.name}', 'stolen')")
        self.assertEqual(say(told, "end 1"), "done 0 1")
        self.assertFalse(self.is_let_in(device))
