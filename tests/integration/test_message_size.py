"""max_message_bytes (docs/protocol.md, 2 to 6): a device is sent nothing that is larger than it can take."""

from __future__ import annotations

import json
import secrets
import subprocess
import time
from pathlib import Path
from typing import Any

from proof_case import ProofTest

from daemon import clean_environment
from foreign_device import Device, Session, SymmetricKey
from jose import Json, derive, from_base64url
from stack import within

ROOT = Path(__file__).resolve().parents[2]
SMALL = 2048


def config_of(size: int) -> Json:
    return {"text": "x" * (size - len('{"text":""}'))}


class MessageSizes(ProofTest):
    def with_config(self, size: int, **fields: Any) -> tuple[Device, Json]:
        config = config_of(size)
        return self.enrolled("", "--device-config", json.dumps(config), max_message_bytes=SMALL, **fields), config

    def next_of_session(self, session: Session) -> Json:
        message = session.listen(time.monotonic() + 20)
        assert message, "no configuration came"
        return message

    def assert_all_fit(self, device: Device, largest: int = SMALL) -> None:
        self.assertLessEqual(max(map(len, device.heard)), largest)

    def await_problem(self, beginning: str) -> str:
        def look() -> str | None:
            rows = self.query(f"SELECT problem FROM registry.stuck_devices WHERE device_id = '{self.name}'")
            return next((row["problem"] for row in rows if row["problem"].startswith(beginning)), None)
        return within(10, beginning, look)

    def test_a_config_that_does_not_fit_into_the_answer_comes_on_its_own(self) -> None:
        device, config = self.with_config(600)
        answer = device.provision()
        self.assert_accepted(answer)
        self.assertFalse("config" in answer or "config" in device.opened)
        with device.connect() as session:
            message = session.say("connected", generation=1)
            self.assertEqual(message["config"], config)
            self.assertEqual(session.say("ready", config_version=1)["state"], "ready")
        self.assert_all_fit(device)

    def test_anchors_that_do_not_fit_into_the_answer_come_as_a_configuration(self) -> None:
        """They and the config need a message each."""
        config = config_of(700)
        key, file = self.write_key(self.name)
        self.enroll("group", self.name, "--proof", "symmetric_key", "--key-file", str(file), "--device-config",
                    json.dumps(config), "--sealing", "never")
        anchors = (self.stack.pki / "server-ca.pem").read_text()
        self.stack.sql(f"SELECT registry.set_group_endpoint('{self.name}', 'localhost', {self.stack.broker.device_port}, "
                       f"true, '{anchors}', 'why')")
        device = self.device(self.name, SymmetricKey(derive(key, self.name), self.name), max_message_bytes=SMALL)
        answer = device.provision()
        self.assert_accepted(answer)
        self.assertFalse("config" in answer or "ca" in answer["connection"])
        with device.connect() as session:
            first = session.say("connected", generation=1)
            self.assertEqual(first["config"], config)
            second = self.next_of_session(session)
            self.assertEqual(len(second["connection"]["ca"]), 1)
            self.assertEqual(session.say("ready", config_version=1)["state"], "ready")
        self.assert_all_fit(device)

    def test_by_a_token(self) -> None:
        """The service's certificate makes its answers larger: 2048 bytes have no room for a certificate, and nothing is
        registered. With the size that the refusal names it is accepted."""
        device = self.enrolled_by_token(max_message_bytes=SMALL)
        answer = self.assert_rejected(device.provision(), "answer_too_large")
        self.assertNotIn("retry_after_s", answer)
        needed = int(answer["message"].split(" needs ")[1].split()[0])
        self.assertGreater(needed, SMALL)
        self.assertEqual(self.certificates(self.name), [])
        self.assertEqual(self.row(self.name)["state"], "off")
        device.max_message_bytes = needed
        self.assert_accepted(device.provision())
        self.assertEqual(device.become_ready()["state"], "ready")
        self.assert_all_fit(device, needed)

    def test_a_repeat_may_name_another_size(self) -> None:
        device, config = self.with_config(600)
        self.assert_accepted(device.provision())
        device.max_message_bytes = 8192
        answer = device.provision()
        self.assert_accepted(answer)
        self.assertEqual(device.opened["config"], config)
        self.assertEqual(len(self.certificates(self.name)), 1)
        large = config_of(2500)
        self.stack.sql(f"SELECT registry.set_device_config('{self.name}', '{json.dumps(large)}', 'why')")
        with device.connect() as session:
            self.assertEqual(session.say("connected", generation=1)["config"], large)

    def test_a_configuration_that_cannot_fit_is_not_sent(self) -> None:
        device, _ = self.with_config(2500)
        self.assert_accepted(device.provision())
        with device.connect() as session:
            message = session.say("connected", generation=1)
            self.assertFalse("config" in message or "sealed" in message)
            problem = self.await_problem("its configuration cannot be sent: it needs a message of ")
            self.assertIn("the device takes 2048", problem)
            self.stack.sql(f"SELECT registry.set_device_config('{self.name}', '{{\"a\":1}}', 'why')")
            self.assertEqual(self.next_of_session(session)["config"], {"a": 1})
            self.assertEqual(session.say("ready", config_version=2)["state"], "ready")
        self.assert_all_fit(device)

    # --- the device programs name the size

    def named(self, *command: str) -> int:
        """The max_message_bytes of the first request that this program publishes."""
        wire, folder = self.listener("provisioning/v1/+/request"), self.folder / secrets.token_hex(4)
        folder.mkdir()
        subprocess.run(command, capture_output=True, timeout=60, cwd=folder, env=clean_environment(self.stack.environment))
        request = wire.receive(10)
        assert request, "there was no request"
        payload = request.payload
        return json.loads(payload if payload[:1] == b"{" else from_base64url(payload.split(b".")[1].decode()))["max_message_bytes"]

    def test_programs(self) -> None:
        _, token = self.write_token(self.name)
        self.enroll("group", self.name, "--proof", "token", "--token-file", str(token))
        _, key = self.write_key(self.name)
        self.enroll("device", self.name, "--proof", "symmetric_key", "--key-file", str(key))
        by_token = ["--token-file", str(token), "--max-message-bytes", "2048"]
        reference = [str(self.stack.device_binary), "provision", f"{self.name}-1", "--dir", ".", "--timeout", "5", *by_token]
        python = [str(ROOT / "device/python/device.py"), self.name, "--once", "--dir", ".", "--key-file", str(key)]
        self.assertEqual(self.named(*reference), 2048)
        self.assertEqual(self.attempts(f"{self.name}-1")[-1]["code"], "answer_too_large")
        self.assertEqual(self.named(*python, "--max-message-bytes", "4096"), 4096)
        self.assertEqual(self.row(self.name)["state"], "ready")
