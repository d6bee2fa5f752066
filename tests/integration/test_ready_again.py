"""What comes with a configuration is no answer to `ready` (docs/protocol.md, 6), for each device that is not in JavaScript."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ready_case import CHANGE, ReadyTest
from test_examples import PythonDevice

from daemon import clean_environment
from device_program import Reference, Small

DEVICES = Path(__file__).resolve().parents[2] / "device"


class ReadyAgain(ReadyTest):
    def test_programs(self) -> None:
        for program in (Reference(), Small()):
            with self.subTest(program.name):
                self.use(program)
                device_id = f"{self.name}-{program.name}"
                self.assert_it_says_ready_again(self.running(*self.key_flags(device_id), device_id=device_id))

    def test_python(self) -> None:
        device = PythonDevice(self.stack.binary, self.name, self.folder / self.name, self.stack.environment, *self.key_flags())
        self.addCleanup(device.kill)
        self.assert_it_says_ready_again(device)

    def test_shell(self) -> None:
        _, token = self.write_token(self.name)
        self.enroll("device", self.name, "--proof", "token", "--token-file", str(token), "--device-config", '{"a":1}')
        folder = self.folder / "shell"
        folder.mkdir()
        self.listen_to(self.name)
        with subprocess.Popen([str(DEVICES / "shell/device.sh")], stdout=subprocess.PIPE, text=True, cwd=folder,
                              env=clean_environment(self.stack.environment | {"ID": self.name, "TOKEN_FILE": str(token)})) as shell:
            configuration = self.next_configuration(self.name, 1)
            self.send_again(self.name, configuration)  # it waits in the session that the broker keeps
            self.await_status(self.name, "ready", 1)
            self.send_again(self.name, configuration)
            said, _ = shell.communicate(timeout=150)
        self.assertEqual((shell.returncode, said), (0, "ready\n"))

    def test_a_session_that_somebody_ended_is_left_though_the_configuration_comes_again(self) -> None:
        for program in (Reference(), Small()):
            with self.subTest(program.name):
                self.use(program)
                device_id = f"{self.name[:40]}-{program.name}"
                device = self.running(*self.key_flags(device_id), device_id=device_id, patience=3)
                device.expect("ready")
                self.listen_to(device_id)
                session = self.stack.cluster.sql(f"SELECT session FROM registry.presence WHERE device_id = '{device_id}'").strip()
                self.somebody.publish(f"devices/{device_id}/status", f'{{"status":"disconnected","session":"{session}"}}'.encode())
                self.await_row(device_id, online=False)
                self.stack.sql(CHANGE.format(device_id))
                configuration = self.next_configuration(device_id, 2)
                self.await_status(device_id, "ready", 2)
                self.send_again(device_id, configuration)
                device.expect("connected")
                self.await_row(device_id, online=True, state="ready", applied_config_version=2)
