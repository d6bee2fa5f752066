"""Whatever the surroundings do, the process ends within its stop time, and a command within its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from stack_case import StackTest

from daemon import Daemon, clean_environment
from ports import free_port
from relay import SwallowingRelay

STOP_S = 15.0  # docker-compose.yml, deploy/systemd/latchkey.service


class Deadlines(StackTest):
    def end(self, service: Daemon) -> int:
        """Its exit status, if it ends within its stop time."""
        before = time.monotonic()
        service.end(signal.SIGTERM)
        took = time.monotonic() - before
        print(f"{self.name}: ended after {took:.1f} s", flush=True)
        self.assertLess(took, STOP_S)
        return service.await_end(0)

    def setUp(self) -> None:
        if self.stack.service.pid is None:
            self.stack.service.start()

    def test_beside_a_database_that_is_stopped(self) -> None:
        with self.stopped(*self.database_processes()):
            time.sleep(8)  # every connection waits for an answer by now
            self.assertEqual(self.end(self.stack.service), 0)

    def test_beside_a_broker_that_is_stopped(self) -> None:
        device = self.enrolled()
        with device.bootstrap() as wire:
            wire.publish(device.topic("request"), device.message())
            with self.stopped(self.stack.mosquitto.pid):
                self.assertEqual(self.end(self.stack.service), 0)

    def test_beside_both(self) -> None:
        with self.stopped(self.stack.mosquitto.pid, *self.database_processes()):
            time.sleep(2)
            self.assertEqual(self.end(self.stack.service), 0)

    def test_with_a_log_that_nobody_reads(self) -> None:
        """Every thread that has something to say waits for the reader."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.set_blocking(writer, False)
        try:
            while True:
                os.write(writer, b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(writer, True)
        replica = self.stack.replica("unread")
        blocked = subprocess.Popen(replica.argv, stdin=subprocess.DEVNULL, stderr=writer, cwd=self.stack.folder,
                                   env=clean_environment(replica.environment | {"HOME": str(self.stack.folder)}))
        os.close(writer)
        self.addCleanup(blocked.wait)
        self.addCleanup(blocked.kill)
        time.sleep(3)
        blocked.terminate()
        self.assertIn(blocked.wait(STOP_S), (-signal.SIGALRM, 69))

    def test_commands_that_get_no_answer(self) -> None:
        port = free_port()
        url = f"postgresql://{{}}:{{}}@127.0.0.1:{port}/latchkey"
        passwords = self.stack.passwords
        configured = self.folder / "configured.toml"
        configured.write_text(self.stack.configuration.read_text().replace(
            f"127.0.0.1:{self.stack.cluster.port}/", f"127.0.0.1:{port}/"))
        environment = clean_environment({
            "LATCHKEY_DB_URL": url.format("operator", passwords["operator"]),
            "LATCHKEY_CONFIG": str(configured),
            "LATCHKEY_OWNER_DB_URL": url.format("owner", passwords["owner"])})
        _, key = self.write_key("nobody")
        commands = [["db", "status"], ["explain", "12345"], ["doctor"],
                    ["enroll", "device", "nobody", "--proof", "symmetric_key", "--key-file", str(key)], ["db", "reseal"]]

        def run(arguments: list[str]) -> tuple[str, float, int, str]:
            before = time.monotonic()
            ended = subprocess.run([str(self.stack.binary), *arguments], capture_output=True, text=True, timeout=60,
                                   env=environment)
            return arguments[0], time.monotonic() - before, ended.returncode, ended.stdout + ended.stderr

        with SwallowingRelay(port, self.stack.cluster.port, b"SE"), ThreadPoolExecutor(len(commands)) as pool:
            for name, took, status, said in pool.map(run, commands):
                print(f"{name}: {took:.1f} s, {status}", flush=True)
                with self.subTest(name):
                    self.assertLess(took, 40)
                    self.assertNotEqual(status, 0)
                    self.assertIn("the database gave no answer within 15 s", said)

    def test_an_end_that_is_asked_for_while_it_starts(self) -> None:
        with self.stopped(*self.database_processes()):
            replica = self.stack.replica("early")
            self.addCleanup(replica.kill)
            replica.spawn()
            time.sleep(1)
            self.end(replica)

