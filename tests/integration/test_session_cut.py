"""broker_access.cut = "takeover": the service ends the open session of a blocked device by connecting with its client id."""

from __future__ import annotations

import time
from typing import Any

from access_case import LIMIT_S, AccessTest
from crl_case import CrlTest

from foreign_device import Device, Session
from jose import Json
from ports import free_port
from stack import Stack, within

SEVERAL = 30


class CutTest(AccessTest):
    def seen(self, device_id: str) -> Json:
        return self.query(f"SELECT * FROM registry.access_changes WHERE device_id = '{device_id}'")[0]

    def await_ended(self, device_id: str) -> Json:
        within(2 * LIMIT_S, "the end of its session is recorded", lambda: self.seen(device_id)["ended_at"])
        return self.seen(device_id)


class WithCrl(CrlTest, CutTest):
    access = {"mode": "none", "cut": "takeover"}

    def open_session(self, device_id: str) -> Session:
        return self.session(self.provisioned(device_id))

    def test_an_open_session_ends_and_the_device_gets_no_other(self) -> None:
        session = self.open_session(self.name)
        took = self.cut_off_after(session, f"revoke('{self.name}', 'stolen')")
        print(f"the session of a revoked device ended after {took * 1000:.0f} ms", end=" ... ", flush=True)
        self.assertFalse(self.is_let_in(session.device))
        row = self.await_ended(self.name)
        self.assertGreater(row["ended_at"], row["access_changed_at"])
        # Nobody saw the broker refuse it.
        self.assertIsNone(row["kept_out_at"])
        self.assertFalse(self.row(self.name)["online"])

    def test_other_sessions_go_on(self) -> None:
        other, session = self.open_session(f"{self.name}-other"), self.open_session(self.name)
        self.cut_off_after(session, f"revoke('{self.name}', 'stolen')")
        self.await_ended(self.name)
        self.assertFalse(other.wire.is_lost(0.1))
        self.assertEqual(self.seen_anywhere(other.device), [])

    def seen_anywhere(self, device: Device) -> list[Json]:
        return self.query(f"SELECT * FROM registry.access_changes WHERE device_id = '{device.device_id}'")

    def test_many_sessions_end_at_once(self) -> None:
        sessions = [self.open_session(f"{self.name[:40]}-{n}") for n in range(SEVERAL)]
        ids = ", ".join(f"'{session.device.device_id}'" for session in sessions)
        begin = time.monotonic()
        self.stack.sql(f"SELECT count(*) FROM registry.revoke_devices(ARRAY[{ids}], 'stolen')")
        for session in sessions:
            self.assertTrue(session.wire.is_lost(LIMIT_S))
        print(f"{SEVERAL} sessions ended after {(time.monotonic() - begin) * 1000:.0f} ms", end=" ... ", flush=True)
        for session in sessions:
            self.await_ended(session.device.device_id)

    def test_a_service_that_was_killed_ends_them_later(self) -> None:
        session = self.open_session(self.name)
        self.stack.service.kill()
        self.act(f"revoke('{self.name}', 'stolen')")
        self.assertFalse(session.wire.is_lost(0.2))
        self.stack.service.start()
        self.assertTrue(session.wire.is_lost(LIMIT_S))
        self.await_ended(self.name)

    def test_a_suspended_device_goes_on_because_no_list_keeps_it_out(self) -> None:
        session = self.open_session(self.name)
        self.act(f"suspend('{self.name}', 'why')")
        self.assertFalse(session.wire.is_lost(2))
        self.assertIsNone(self.seen(self.name)["ended_at"])
        self.assertNotIn("was not ended", self.stack.service.log.read_text())
        self.cut_off_after(session, f"revoke('{self.name}', 'stolen')")

    def test_the_doctor_sees_that_it_works(self) -> None:
        found = self.run_latchkey("doctor")
        self.assertIn("[+] session_cut: a connection ends when another one has its client id", found.stdout)
        self.assertEqual(found.returncode, 0, found.stdout)

    def test_a_device_that_is_let_in_again_keeps_its_session(self) -> None:
        device = self.provisioned(self.name)
        self.stack.service.stop()
        self.act(f"suspend('{self.name}', 'why')")
        self.act(f"resume('{self.name}', 'why')")
        self.stack.service.start()
        session = self.session(device)
        self.assertFalse(session.wire.is_lost(2))
        self.assertIsNone(self.seen(self.name)["ended_at"])


class WithDatabase(CutTest):
    """A broker that queries the registry may let a device with a certificate in, without rights."""

    @classmethod
    def prepare(cls, stack: Stack) -> None:
        stack.settings = {"broker_access": {"mode": "database", "cut": "takeover"}}

    def test_the_session_ends_and_the_next_one_is_left_to_the_broker(self) -> None:
        device = self.provisioned(self.name)
        session = self.session(device)
        self.cut_off_after(session, f"suspend('{self.name}', 'why')")
        again = device.connect()
        self.addCleanup(again.wire.close)
        self.assertIsNotNone(self.await_ended(self.name)["kept_out_at"])
        self.assertFalse(again.wire.is_lost(1))
        self.assertNotIn("was not ended", self.stack.service.log.read_text())


class WithoutEffect(CutTest):
    """Mosquitto asks nobody, so with `http` nothing keeps the device out."""

    @classmethod
    def prepare(cls, stack: Stack) -> None:
        stack.settings = {"broker_access": {"mode": "http", "listen": f"127.0.0.1:{free_port()}", "cut": "takeover"}}

    def test_a_session_that_begins_again_is_not_recorded_as_ended(self) -> None:
        device = self.provisioned(self.name)
        session = self.session(device)
        self.act(f"suspend('{self.name}', 'why')")
        until = time.monotonic() + 13
        comes: list[Any] = []
        while time.monotonic() < until and "was not ended" not in self.stack.service.log.read_text():
            if session.wire.is_lost(0.1):
                session = device.connect()
                comes.append(session)
        self.addCleanup(session.wire.close)
        self.assertGreater(len(comes), 1)
        self.assertIn("the broker lets the device in", self.stack.service.log.read_text())
        row = self.change(self.name)
        self.assertIsNone(row["ended_at"])
        # The service answers so: that is all that was seen.
        self.assertIsNotNone(row["kept_out_at"])
        ready = self.fetch("/readyz?verbose")[1]
        self.assertIn("sessions of blocked devices go on", ready)


class Configured(CutTest):
    def check(self, **access: str) -> str:
        file = self.folder / "cut.toml"
        lines, keep = [], True
        for line in self.stack.configuration.read_text().splitlines():
            if line.startswith("["):
                keep = line != "[broker_access]"
            if keep:
                lines.append(line)
        lines += ["[broker_access]", *(f'{key} = "{value}"' for key, value in access.items())]
        file.write_text("\n".join(lines) + "\n")
        return self.run_latchkey("config", "check", "--config", str(file)).stderr

    def test_it_is_refused_where_nothing_keeps_the_device_out(self) -> None:
        self.assertIn("needs a broker that keeps blocked devices out", self.check(mode="none", cut="takeover"))
        self.assertIn("whose plugin ends sessions by itself", self.check(mode="gate", username="@admin", cut="takeover"))
        self.assertIn('"kick" is unknown, allowed is "none", "takeover"', self.check(mode="http", cut="kick"))
        self.assertIn("no errors", self.check(mode="database", cut="takeover"))
