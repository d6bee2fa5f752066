"""The gate's journal in a real Mosquitto: what holds after a restart, a kill, or damage (docs/gate.md)."""

from __future__ import annotations

import shutil
import threading

from gate_case import FAR, GateTest, login_of

from account import give
from daemon import StackError
from disk import Disk
from gate_broker import GateBroker
from wire import WireError


class Closed(GateTest):
    opened = False

    def test_before_the_service_has_spoken_devices_are_closed_out_without_an_answer(self) -> None:
        login = self.certificate("m1")
        self.assert_refused(lambda: self.device("m1", login), "CONNECT: the broker closed the connection")
        self.assert_refused(lambda: self.with_password("m1", 1, "x"), "CONNECT: the broker closed the connection")
        self.bootstrap("m1").subscribe("provisioning/v1/m1/response")
        commander = self.command()
        self.assertFalse(commander.say("d 1 p1 0 " + login_of(1, "one")).is_open)
        self.assert_refused(lambda: self.device("m2"), "closed the connection")
        self.assertTrue(commander.snapshot("d 1 p1 0 " + login_of(1, "one")).is_open)
        self.device("m2")
        self.with_password("p1", 1, "one")


class Journal(GateTest):
    def setUp(self) -> None:
        super().setUp()
        self.login = self.certificate("m1")
        self.commander.say(f"d 1 x1 {FAR}", "d 1 p1 0 " + login_of(1, "one"))

    def assert_holds(self) -> None:
        self.device("m1", self.login).close()
        self.assert_refused(lambda: self.device("x1"), "refused")
        self.with_password("p1", 1, "one").close()

    def assert_closed(self) -> None:
        self.assert_refused(lambda: self.device("m1", self.login), "closed the connection")
        self.assert_refused(lambda: self.with_password("p1", 1, "one"), "closed the connection")
        self.log_says("closed to devices until the service has said everything")

    def test_what_was_said_holds_after_a_restart_without_the_service(self) -> None:
        for kill in (False, True, False):
            self.restart(kill)
            self.assert_holds()

    def test_a_missing_journal_closes_until_the_service_has_spoken(self) -> None:
        self.broker.daemon.stop()
        for file in self.files():
            file.unlink()
        self.broker.daemon.start()
        self.assert_closed()
        self.command().snapshot(f"d 1 x1 {FAR}", "d 1 p1 0 " + login_of(1, "one"))
        self.assert_holds()
        self.restart()
        self.assert_holds()

    def test_a_damaged_journal_closes(self) -> None:
        self.broker.daemon.stop()
        file = self.files()[-1]
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
        self.broker.daemon.start()
        self.assert_closed()

    def test_a_full_disk_keeps_no_broker_down_and_the_gate_is_closed_until_there_is_room(self) -> None:
        self.broker.daemon.stop()
        shutil.rmtree(self.broker.gate_state)
        try:
            disk = Disk(self.broker.state, "64k")
        except StackError as error:
            self.skipTest(str(error))
        self.addCleanup(disk.unmount)
        self.broker.gate_state.mkdir(mode=0o700)
        give(self.broker.gate_state)
        (self.broker.gate_state / "lock").touch()
        give(self.broker.gate_state / "lock")
        with disk.full():
            self.broker.daemon.start()
            self.assert_closed()
            answer = self.command().snapshot(f"d 1 x1 {FAR}")
            self.assertTrue(answer.is_open)
            self.assertFalse(answer.has_journal)
        self.assertTrue(self.command().snapshot(f"d 1 x1 {FAR}", "d 1 p1 0 " + login_of(1, "one")).has_journal)
        self.restart()
        self.assert_holds()

    def test_a_last_line_that_was_cut_short_is_no_damage(self) -> None:
        self.commander.say("d 2 m1 0")
        self.broker.daemon.kill()
        file = self.files()[-1]
        file.write_bytes(file.read_bytes()[:-5])
        self.broker.daemon.start()
        self.assert_holds()

    def test_a_service_that_died_in_a_snapshot_leaves_a_closed_gate_closed(self) -> None:
        self.broker.daemon.stop()
        for file in self.files():
            file.unlink()
        self.broker.daemon.start()
        dying = self.command("@dying")
        dying.say("begin 9", "d 1 p1 0 " + login_of(1, "one"))
        dying.wire.drop()
        self.assert_closed()
        self.restart()
        self.assert_closed()

    def test_a_newer_epoch_holds_after_a_restart(self) -> None:
        self.commander.epoch = 9
        self.commander.snapshot("d 1 x1 0")
        self.restart()
        commander = self.command()
        self.assertEqual(commander.say("d 99 m1 0").said, "refused epoch")
        self.device("x1")


class Killed(GateTest):
    """The broker is killed while it is told thousands of passwords, and what it had confirmed holds."""

    make_broker = GateBroker  # without sanitizers: it shall be fast

    def test_what_was_confirmed_holds_whenever_the_broker_is_killed(self) -> None:
        total = 0
        for attempt in range(5):
            confirmed = self.tell_until_killed(after_s=0.3 + 0.2 * attempt)
            self.broker.daemon.start()
            self.commander = self.command()
            answer = self.commander.say("hello")
            self.assertTrue(answer.is_open)
            for name in confirmed[:: max(1, len(confirmed) // 20)] + confirmed[-1:]:
                self.with_password(name, 1, name).close()
            total += len(confirmed)
            self.assertGreaterEqual(answer.devices, total)
        print(f"{total} passwords confirmed before 5 kills, none lost")

    def tell_until_killed(self, after_s: float) -> list[str]:
        killer = threading.Timer(after_s, self.broker.daemon.kill)
        killer.start()
        confirmed: list[str] = []
        prefix = f"k{after_s:.1f}"
        try:
            for start in range(0, 100_000, 20):
                names = [f"{prefix}-{n}" for n in range(start, start + 20)]
                self.commander.say(*(f"d 1 {name} 0 {login_of(1, name)}" for name in names))
                confirmed += names
        except (WireError, AssertionError, OSError):
            pass
        killer.join()
        self.assertGreater(len(confirmed), 0)
        return confirmed
