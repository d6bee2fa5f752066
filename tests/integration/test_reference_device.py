"""`latchkey-device provision`, the reference device, against the service."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from stack_case import StackTest

from jose import Json


class ReferenceDevice(StackTest):
    def provision(self, device_id: str, *flags: str) -> tuple[subprocess.CompletedProcess[str], list[Json]]:
        result = self.run_device("provision", device_id, "--dir", str(self.folder / f"device-{device_id}"),
                                   "--timeout", "30", "--json", *flags)
        return result, [json.loads(line) for line in result.stdout.splitlines()]

    def key_file(self, device_id: str, *flags: str) -> Path:
        file = self.folder / f"{device_id}.key"
        self.enroll("device", device_id, "--proof", "symmetric_key", "--generate-key", str(file), *flags)
        return file

    def assert_ready(self, device_id: str, *flags: str) -> list[Json]:
        result, steps = self.provision(device_id, *flags)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((steps[0]["step"], steps[-1]["step"]), ("powered_on", "ready"))
        self.assertEqual(self.row(device_id)["state"], "ready")
        return steps

    def test_by_a_key_of_its_own(self) -> None:
        key = self.key_file(self.name, "--device-config", '{"a":1}')
        steps = self.assert_ready(self.name, "--key-file", str(key), "--attribute", "model=T1000")
        self.assertEqual((steps[-1]["sealed"], "config" in steps[-1]), (True, False), "what came sealed is not printed")
        config = json.loads((self.folder / f"device-{self.name}" / "config.json").read_text())
        self.assertEqual(config["config"], {"a": 1})
        self.assertEqual(self.row(self.name)["attributes"], {"model": "T1000"})

    def test_by_a_groups_key(self) -> None:
        _, group_key = self.write_key("fleet")
        self.enroll("group", "fleet", "--proof", "symmetric_key", "--key-file", str(group_key))
        key = self.folder / "derived.key"
        key.write_text(self.stack.latchkey("enroll", "derive-key", self.name, "--group-key-file", str(group_key)))
        self.assert_ready(self.name, "--key-file", str(key), "--group", "fleet")

    def test_by_a_token(self) -> None:
        _, token = self.write_token(self.name)
        self.enroll("device", self.name, "--proof", "token", "--token-file", str(token))
        self.assert_ready(self.name, "--token-file", str(token))

    def test_without_a_clock(self) -> None:
        steps = self.assert_ready(self.name, "--key-file", str(self.key_file(self.name)), "--no-clock")
        self.assertIn("challenge", [step.get("status") for step in steps])

    def test_run_again_it_connects_with_what_it_has(self) -> None:
        key = self.key_file(self.name)
        for _ in range(2):
            self.assert_ready(self.name, "--key-file", str(key))
        self.assertEqual(len(self.certificates(self.name)), 1)
        self.assertEqual([each for each in self.decisions(self.name) if each != "repeated"], ["accepted"])

    def test_a_wrong_key_ends_with_a_negative_answer(self) -> None:
        self.key_file(self.name)
        _, wrong = self.write_key(f"{self.name}-wrong")
        result, steps = self.provision(self.name, "--key-file", str(wrong))
        self.assertEqual(result.returncode, 1, result.stderr)
        # Perhaps more than one: with full jitter a repeat may come before the answer.
        self.assertEqual({step["code"] for step in steps if step["step"] == "answer"}, {"unauthorized"})
        self.assert_not_registered(self.name)

    def test_a_generated_key_is_private_and_never_overwritten(self) -> None:
        file = self.key_file(self.name)
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        before = file.read_bytes()
        again = self.run_latchkey("enroll", "device", f"{self.name}-2", "--proof", "symmetric_key", "--generate-key", str(file))
        self.assertNotEqual(again.returncode, 0)
        self.assertEqual(file.read_bytes(), before)
        self.assertEqual(self.query(f"SELECT * FROM registry.devices WHERE device_id = '{self.name}-2'"), [])

    def test_an_unknown_command_is_refused_with_the_nearest_name(self) -> None:
        result = self.run_device("provisoin", self.name)
        self.assertEqual(result.returncode, 64)
        self.assertEqual(result.stderr.splitlines(), [
            'latchkey-device: unknown command "provisoin" of latchkey-device',
            "  hint: did you mean provision? see `latchkey-device --help`"])

    def test_no_broker_is_a_dependency_that_is_away(self) -> None:
        self.stack.mosquitto.stop()
        self.addCleanup(self.stack.mosquitto.start)
        _, key = self.write_key(self.name)
        result = self.run_device("provision", self.name, "--dir", str(self.folder / "away"), "--key-file",
                                   str(key), "--timeout", "2")
        self.assertEqual(result.returncode, 69, result.stderr)
