"""Two replicas, one of which stands still for a while: what it says of devices then is old, and harms none."""

from __future__ import annotations

import os
import signal
import time

from stack_case import StackTest

from foreign_device import Device, Session

DEVICES = 12
STALLS = 2


class LateStatuses(StackTest):
    """A push has to reach a device's newest connection."""

    def setUp(self) -> None:
        self.replica = self.stack.replica("replica")
        self.addCleanup(self.replica.stop)
        self.replica.start()

    def test_a_replica_that_stood_still_makes_no_device_deaf(self) -> None:
        devices = [self.enrolled(f"late-{number}") for number in range(DEVICES)]
        for device in devices:
            self.assert_accepted(device.provision())
            device.become_ready()
        for number in range(STALLS):
            with self.subTest(number):
                sessions = self.connected_while_one_stands_still(devices)
                time.sleep(2)  # the replica works off what it had
                deaf = self.deaf_to(number, sessions)
                for session in sessions:
                    session.wire.close()
                self.assertEqual(deaf, [], f"{len(deaf)} of {DEVICES} are deaf")

    def connected_while_one_stands_still(self, devices: list[Device]) -> list[Session]:
        pid = self.replica.pid
        assert pid
        os.kill(pid, signal.SIGSTOP)
        try:
            return [self.connected(device) for device in devices]
        finally:
            os.kill(pid, signal.SIGCONT)

    def connected(self, device: Device) -> Session:
        """Its last session was answered at once, so by the other replica alone; those before it by none, or by both."""
        with device.connect() as first:
            for _ in range(2):  # the broker gives to both by turns
                first.tell("connected", generation=first.generation)
        for number in range(20):
            session = device.connect()
            session.tell("connected", generation=session.generation)
            if session.listen(time.monotonic() + 0.5):
                return session
            for _ in range(number % 2):  # so that it is not the same one's turn each time
                session.tell("connected", generation=session.generation)
            session.wire.close()
        raise TimeoutError(f"{device.device_id} was not answered")

    def deaf_to(self, number: int, sessions: list[Session]) -> list[str]:
        """Those that do not hear of a change."""
        self.stack.sql(f"""SELECT registry.set_fleet_config('{{"pushed": {number}}}', 'a test')""")
        deadline = time.monotonic() + 10
        return [session.device.device_id for session in sessions if not self.hears(session, number, deadline)]

    def hears(self, session: Session, number: int, deadline: float) -> bool:
        while configuration := session.listen(deadline):
            if configuration.get("config", {}).get("pushed") == number:
                return True
        return False
