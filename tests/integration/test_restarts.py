"""Every part may end and come back at any time; a device that keeps asking is answered, once."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

from stack_case import StackTest

from stack import within


class Restarts(StackTest):
    def test_the_broker_restarts(self) -> None:
        before = self.stack.service.pid
        device = self.enrolled()
        self.stack.mosquitto.restart()
        self.assert_accepted(device.provision(limit_s=40))
        self.assertEqual(device.become_ready()["state"], "ready")
        self.assertEqual(self.stack.service.pid, before)

    def test_the_broker_is_killed(self) -> None:
        device = self.enrolled()
        self.stack.mosquitto.kill()
        self.stack.mosquitto.start()
        self.assert_accepted(device.provision(limit_s=40))

    def test_the_database_restarts(self) -> None:
        before = self.stack.service.pid
        device = self.enrolled()
        self.stack.postgres.stop()
        with device.bootstrap() as wire:
            wire.publish(device.topic("request"), device.message())
            answer = device.listen(wire, time.monotonic() + 3, lambda _: True)
            self.assertIn(answer["status"] if answer else "silence", ("silence", "retry"))
            self.stack.postgres.start()
        self.assert_accepted(device.provision(limit_s=40))
        self.assertEqual(device.become_ready()["state"], "ready")
        self.assertEqual(self.stack.service.pid, before)
        self.assertNotIn("rejected", self.decisions(self.name))

    def test_killed_between_commit_and_publish(self) -> None:
        """What was committed is told: the device ends ready, with one registration and one certificate."""
        device = self.enrolled()
        self.stack.service.restart(LATCHKEY_FAILPOINTS="after_commit:kill")
        with device.bootstrap() as wire:
            wire.publish(device.topic("request"), device.message())
            self.assertEqual(self.stack.service.await_end(10), -signal.SIGKILL)
            row = self.row(self.name)
            self.assertEqual((row["state"], row["generation"], row["credentials_sent_at"]), ("registered", 1, None))
            self.stack.service.start()
            self.assertIsNone(wire.receive(0), "nothing was published before")
            answer = device.keep(device.ask(wire, time.monotonic() + 20))
        self.assert_accepted(answer)
        self.assertEqual(device.become_ready()["state"], "ready")
        self.assertEqual(len(self.certificates(self.name)), 1)
        self.assertEqual(self.decisions(self.name), ["accepted", "repeated"])
        self.assertEqual(self.row(self.name)["state"], "ready")

    def test_asked_to_end_it_ends_well(self) -> None:
        device = self.enrolled()
        self.stack.service.end(signal.SIGTERM)
        self.assertEqual(self.stack.service.await_end(10), 0)
        self.stack.service.start()
        self.assert_accepted(device.provision())

    def test_a_start_that_fails_halfway_ends(self) -> None:
        """However many threads the system grants, the service either serves until SIGTERM or ends and says why."""
        ends = [self.end_with_room_for(threads) for threads in range(8, 32, 2)]
        self.assertEqual(set(ends), {0, 69}, ends)

    def end_with_room_for(self, threads: int) -> int:
        limits = ["prlimit", f"--stack={1 << 30}", f"--as={threads << 30}", "--"]  # a stack of 1 GiB each
        if subprocess.run([*limits, self.stack.binary, "--version"], capture_output=True).returncode != 0:
            self.skipTest("a program with sanitizers cannot do with so little")
        service = self.stack.replica(f"room-for-{threads}")
        self.addCleanup(service.kill)
        service.argv = [*limits, *service.argv]
        service.spawn()
        within(10, "it waits for SIGTERM or has ended", lambda: service.pid is None or self.blocks_sigterm(service.pid))
        service.end(signal.SIGTERM)
        status = service.await_end(0)
        if status != 0:
            self.assertIn('"the system refuses a thread or a file that the service needs"', service.log.read_text())
        return status

    def blocks_sigterm(self, pid: int) -> bool:
        """Before that, SIGTERM ends it whatever it does."""
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return False
        return bool(int(status.partition("SigBlk:")[2].split()[0], 16) & 1 << signal.SIGTERM - 1)

    def test_two_services_share_the_work_and_one_goes_on_alone(self) -> None:
        replica = self.stack.replica("replica")
        self.addCleanup(replica.stop)
        replica.start()
        devices = [self.enrolled(f"{self.name}-{number}") for number in range(6)]
        for device in devices:
            self.assert_accepted(device.provision())
            self.assertEqual(device.become_ready()["state"], "ready")
            self.assertEqual(self.decisions(device.device_id), ["accepted"])
        self.stack.service.kill()
        self.addCleanup(self.stack.service.start)
        self.assert_accepted(self.enrolled(f"{self.name}-last").provision())
