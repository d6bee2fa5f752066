"""device/node/: the device in JavaScript does what docs/device.md says of it. `./dev test node` runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import example_case
from ready_case import ReadyTest

from daemon import clean_environment
from running_device import RunningDevice
from stack import GateStack, within

SOURCES = Path(__file__).resolve().parents[2] / "device/node"


def installed() -> Path:
    """A copy of the device with MQTT.js beside it, which npm fetches once for each version."""
    folder = Path(os.environ["LATCHKEY_BIN"]).parent / "tests/node"
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / "package-lock.json"
    is_fresh = lock.exists() and lock.read_bytes() == (SOURCES / "package-lock.json").read_bytes() and (folder / "done").exists()
    for file in SOURCES.glob("*.js*"):
        shutil.copy(file, folder)
    if not is_fresh:
        subprocess.run(["npm", "ci", "--no-fund", "--no-audit", "--silent"], cwd=folder, check=True, timeout=120)
        (folder / "done").touch()
    return folder


class NodeProcess(RunningDevice):
    def command(self, binary: Path, device_id: str, folder: Path, *flags: str) -> list[str]:
        return ["node", str(installed() / "device.js"), device_id, "--dir", str(folder), *flags]


def accept_and_say_no_more(listener: socket.socket) -> None:
    """A broker that accepts one login and acknowledges nothing after it, until the client goes."""
    with listener.accept()[0] as client:
        client.recv(65536)  # CONNECT
        client.sendall(bytes([0x20, 3, 0, 0, 0]))  # CONNACK of MQTT 5
        while client.recv(65536):
            pass


class NodeDevice(example_case.ExampleTest):
    make_stack = GateStack
    runs = NodeProcess

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stack.set_fleet_rights()

    def test_it_becomes_ready_stays_and_says_goodbye(self) -> None:
        device = self.example(*self.key_flags("", "--device-config", '{"a":1}'))
        device.expect("ready")
        self.assertEqual(device.read("state.json")["config"], {"version": 1, "config": {"a": 1}})
        self.assertEqual((device.folder / "state.json").stat().st_mode & 0o777, 0o600)
        self.await_row(self.name, state="ready", online=True)
        self.assertEqual(self.statuses(), ["active"])
        self.assertEqual(device.stop(), 0)
        self.await_row(self.name, online=False)
        self.assertEqual(self.example(*self.key_flags_again(), "--once").await_end(), 0)
        self.assertEqual(self.decisions(self.name), ["accepted"])

    def test_it_renews(self) -> None:
        device = self.example(*self.key_flags())
        device.expect("ready")
        device.kill()
        self.change(device, renewAfter=1)
        device = self.example(*self.key_flags_again())
        device.expect("renewing", generation=1)
        device.expect("connected", generation=2)
        device.expect("ready")
        state = device.read("state.json")
        self.assertEqual(([each["generation"] for each in state["credentials"]], "request" in state), ([2], False))
        self.assertEqual(self.statuses(), ["retired", "active"])
        device.kill()
        self.example(*self.key_flags_again()).expect("ready")
        self.assertEqual(self.reasons(), [])

    def change(self, device: RunningDevice, **members: object) -> None:
        """Of its newest credential, while it does not run."""
        state = device.read("state.json")
        state["credentials"][0] |= members
        (device.folder / "state.json").write_text(json.dumps(state))

    def test_it_uses_its_rights(self) -> None:
        platform = self.account("platform", "@platform")
        self.addCleanup(platform.close)
        platform.subscribe(f"plant/{self.name}/telemetry/#")
        _, file = self.write_key("group")
        self.enroll("group", self.name, "--key-file", str(file), "--admission", "allow_list")
        device = self.example(*self.key_flags("", "--group", self.name, "--device-config", '{"report_interval_s":1}'))
        for number in (1, 2):
            message = platform.receive(20)
            assert message
            self.assertEqual((message.topic, json.loads(message.payload)["number"]), (f"plant/{self.name}/telemetry/reading", number))
        platform.publish(f"plant/{self.name}/commands/lamp", b"on")
        self.assertEqual(device.expect("received"), {"step": "received", "topic": f"plant/{self.name}/commands/lamp", "payload": "on"})
        self.stack.sql(f"SELECT registry.set_group_rights('{self.name}', '{{\"publish\": [\"plant/${{device_id}}/telemetry/other\"]}}', 'why')")
        seen = []
        while (step := device.next()) and step.get("topic") != f"plant/{self.name}/telemetry/other":
            seen.append(step["step"])
        self.assertNotIn("connected", seen)

    def test_it_moves_to_another_address_and_keeps_the_one_that_works(self) -> None:
        """127.0.0.1 is another name of the same broker."""
        device = self.example(*self.key_flags())
        device.expect("ready")
        port = self.stack.broker.device_port
        for host in ("127.0.0.1", "localhost"):
            self.stack.sql(f"SELECT registry.set_fleet_endpoint('{host}', {port}, reason => 'why')")
            device.expect("ready", 40)
            within(10, host, lambda: [each["host"] for each in device.read("state.json")["credentials"][0]["connections"]] == [host])

    def test_it_connects_to_no_other_broker(self) -> None:
        """Whose certificate another CA issued, be it expired or not."""
        self.key_flags()
        anchor = self.stack.pki / "device-ca.pem"
        device = self.example(*self.key_flags_again(), "--server-ca", str(anchor))
        within(20, "it complains", lambda: re.search("self-signed certificate|unable to", device.errors.read_text()))
        self.assertEqual(self.attempts(self.name), [])

    def test_it_waits_for_no_acknowledgement_without_end(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.stack.pki / "broker.pem", self.stack.pki / "broker-key.pem")
        with socket.create_server(("127.0.0.1", 0)) as plain, context.wrap_socket(plain, server_side=True) as listener:
            threading.Thread(target=accept_and_say_no_more, args=(listener,), daemon=True).start()
            script = (f"import {{ Link }} from '{installed()}/link.js'; import fs from 'node:fs';"
                      f"const anchors = [fs.readFileSync('{self.stack.pki}/server-ca.pem')];"
                      f"const how = {{ host: '127.0.0.1', port: {listener.getsockname()[1]}, anchors, topics: ['a'] }};"
                      "Link.open('a', how).then(() => console.log('open'), (error) => console.log(error.message));")
            result = subprocess.run(["node", "--input-type=module", "--eval", script], capture_output=True, text=True, timeout=40)
        self.assertEqual((result.stdout, result.stderr), ("no SUBACK in time\n", ""))

    def test_without_what_it_needs_it_says_so(self) -> None:
        for flags, missing in (([], "the id"), (["d"], "--key-file")):
            result = subprocess.run(["node", str(installed() / "device.js"), *flags], capture_output=True, text=True, timeout=20,
                                    env=clean_environment(self.stack.environment))
            self.assertEqual(result.returncode, 64)
            self.assertIn(f"device.js: {missing} is missing", result.stderr)


class NodeReadyAgain(ReadyTest):
    def test_it_says_ready_again(self) -> None:
        device = NodeProcess(self.stack.binary, self.name, self.folder / self.name, self.stack.environment, *self.key_flags())
        self.addCleanup(device.kill)
        self.assert_it_says_ready_again(device)
