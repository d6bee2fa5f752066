"""Services of two versions on one registry, replaced one by one and back again, and no device notices: `./dev test upgrade`.
The firmware is of the version before, too: its connected is plain.

LATCHKEY_PREVIOUS_BIN is the program of the version before (tests/registry/releases/previous)."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from stack_case import StackTest

from daemon import Daemon
from foreign_device import Device, Session, SymmetricKey
from ports import free_port
from stack import BINARY, Stack, within

PREVIOUS = os.environ.get("LATCHKEY_PREVIOUS_BIN", "")
CURRENT = Path(os.environ.get("LATCHKEY_BIN", BINARY))
STAGE_S = 4.0
SETTLED = 10


class Newcomers(threading.Thread):
    """One new device after the other, each provisioned and ready, until they are told to stop."""

    def __init__(self, case: RollingUpgrade, name: str, key: bytes) -> None:
        super().__init__()
        self.case, self.prefix, self.key = case, name, key
        self.ended = threading.Event()
        self.took: list[float] = []
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.ended.is_set():
                self.provision(f"{self.prefix}-{len(self.took)}")
        except BaseException as failure:  # noqa: BLE001: told by the case, whatever it is
            self.failure = failure

    def provision(self, device_id: str) -> None:
        started = time.monotonic()
        device = self.case.member(device_id, self.key)
        self.case.assert_accepted(device.provision())
        with device.connect() as session:
            told = session.say("connected", generation=1)
            # Once more where an operator changed its configuration in between.
            while told["state"] != "ready":
                told = session.say("ready", config_version=told["config_version"])
        self.took.append(time.monotonic() - started)

    def stop(self) -> None:
        self.ended.set()
        self.join(60)
        if self.failure:
            raise self.failure


class RollingUpgrade(StackTest):
    @classmethod
    def setUpClass(cls) -> None:
        assert PREVIOUS, "LATCHKEY_PREVIOUS_BIN names the program of the version before: ./dev test upgrade builds it"
        super().setUpClass()

    @classmethod
    def prepare(cls, stack: Stack) -> None:
        stack.binary = Path(PREVIOUS).absolute()

    def service(self, name: str, binary: Path) -> Daemon:
        daemon = Daemon(name, [str(binary), "serve", "--config", str(self.stack.configuration)], self.stack.folder,
                        ends_with_parent=True, environment={"LATCHKEY_HTTP_LISTEN": f"127.0.0.1:{free_port()}"})
        self.addCleanup(daemon.stop)
        daemon.start()
        return daemon

    def member(self, device_id: str, key: bytes) -> Device:
        return self.device(device_id, SymmetricKey.of_group("fleet", key, device_id), signs=False)

    def steady(self, key: bytes) -> list[Device]:
        """Devices that are there already, and stay."""
        devices = [self.member(f"steady-{n}", key) for n in range(SETTLED)]
        for device in devices:
            self.assert_accepted(device.provision())
        return devices

    def test_one_by_one_and_back(self) -> None:
        key, file = self.write_key("fleet")
        self.enroll("group", "fleet", "--proof", "symmetric_key", "--key-file", str(file))
        steady = self.steady(key)
        sessions = [self.enterContext(device.connect()) for device in steady]
        for session in sessions:
            session.say("ready", config_version=session.say("connected", generation=1)["config_version"])
        newcomers = [Newcomers(self, f"new-{n}", key) for n in range(3)]
        for each in newcomers:
            each.start()

        self.stage("the old service on the old registry", sessions, 1)
        self.stack.binary = CURRENT.absolute()
        self.stack.latchkey("db", "migrate")
        self.stage("the old service on the new registry", sessions, 2)
        new = self.service("new", CURRENT)
        self.stage("both", sessions, 3)
        self.stack.service.stop()
        self.stage("the new service", sessions, 4)
        old = self.service("old", Path(PREVIOUS))
        new.stop()
        self.stage("the old service again", sessions, 5)
        self.service("newest", CURRENT)
        old.stop()
        self.stage("the new service again", sessions, 6)

        for each in newcomers:
            each.stop()
        took = sorted(second for each in newcomers for second in each.took)
        print(f"{len(took)} newcomers, ready after {took[len(took) // 2]:.2f} s, the slowest after {took[-1]:.2f} s")
        # Nobody was put off and nobody had to ask twice.
        self.assertEqual(self.query("SELECT DISTINCT decision FROM registry.attempts"), [{"decision": "accepted"}])
        self.assertEqual(self.query("SELECT count(*) FROM registry.devices WHERE state <> 'ready'"), [{"count": 0}])
        self.assertEqual(self.query("SELECT count(*) FROM registry.devices"), [{"count": len(took) + SETTLED}])
        # A service of the version before takes a plain connected for a confirmation; one of this version does not, and such
        # a credential ends after the unused_life_s of its group, unless newer firmware confirms it by then.
        self.assertEqual(self.query("SELECT DISTINCT status FROM registry.certificates ORDER BY 1"),
                         [{"status": "active"}, {"status": "issued"}])
        # A service of 0.1 that stops drops what it has not begun with, and then a device says it again after two seconds.
        self.assertLess(took[-1], 4.5)
        for name in ("service", "new", "old", "newest"):
            log = (self.stack.folder / f"{name}.log").read_text()
            self.assertNotRegex(log, r'"level":"(error|critical)"', name)
        for name in ("new", "newest"):
            self.assertNotIn('"level":"warning"', (self.stack.folder / f"{name}.log").read_text())

    def stage(self, name: str, sessions: list[Session], interval: int) -> None:
        """For a while; then an operator's change of configuration reaches everybody who is there."""
        time.sleep(STAGE_S)
        self.stack.sql(f"""SELECT registry.set_group_config('fleet', '{{"report_interval_s": {interval}}}', '{name}')""")
        for session in sessions:
            pushed = within(10, f"{session.device.device_id} is told in the stage of {name}",
                            lambda: self.pushed(session, interval))
            session.tell("ready", config_version=pushed)
        within(10, f"all have applied it in the stage of {name}", lambda: self.query(
            "SELECT count(*) FROM registry.devices WHERE device_id LIKE 'steady-%' AND applied_config_version = config_version"
        ) == [{"count": SETTLED}])

    def pushed(self, session: Session, interval: int) -> int | None:
        message = session.listen(time.monotonic() + 10)
        if message and message.get("config", {}).get("report_interval_s") == interval:
            return message["config_version"]
        return None
