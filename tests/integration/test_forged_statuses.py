"""Plain statuses that somebody else says: what they show of a device is wrong, and the device gets over them by itself."""

from __future__ import annotations

import json

from run_case import RunTest

from device_program import DeviceProgram, Reference, Small
from foreign_device import Session, SymmetricKey
from jose import Json, compact
from lax_broker import LaxBroker
from running_device import RunningDevice
from stack import Stack, within
from wire import Login, Wire

FILLED = {"url": "https://${attribute.site}/"}
CHANGE = "SELECT registry.set_device_config('{}', '{{\"a\": 1}}', 'why')"


class ForgedStatuses(RunTest):
    @classmethod
    def prepare(cls, stack: Stack) -> None:
        stack.make_broker = LaxBroker

    def setUp(self) -> None:
        place = self.place()
        self.forger = Wire(place.url, "@forger", Login(place.anchors, place.username, place.password))
        self.addCleanup(self.forger.close)

    def forge(self, device: RunningDevice, status: str, **members: object) -> None:
        self.forger.publish(f"devices/{device.id}/status", compact({"status": status} | members))

    def both(self, *flags: str) -> list[RunningDevice]:
        """One of each program, started together."""
        devices = []
        for program in (Reference(), Small()):
            self.use(program)
            device_id = f"{self.name[:40]}-{program.name}"
            devices.append(self.running(*self.key_flags(device_id), *flags, device_id=device_id, patience=3))
        return devices

    def again(self, device: RunningDevice) -> RunningDevice:
        device.stop()
        self.use(self.program_of(device))
        return self.running("--key-file", str(self.folder / f"{device.id}.key"), device_id=device.id)

    def test_a_forged_ready_keeps_no_configuration_from_a_device(self) -> None:
        for device in self.both():
            device.expect("ready")
            device.stop()
            self.stack.sql(CHANGE.format(device.id))
            self.forge(device, "connected", session="forged-1", generation=1)
            self.await_row(device.id, online=True)
            self.forge(device, "ready", session="forged-1", config_version=2)
            self.await_row(device.id, applied_config_version=2)
            device = self.again(device)
            device.expect("ready", config_version=2)
            self.assertEqual(self.program.config(device.folder), {"a": 1})

    def with_config(self, answer: Json) -> Json | None:
        """A status that was repeated has more than one answer."""
        return answer if "config" in answer else None

    def test_who_lacks_what_was_acknowledged_is_sent_it_again(self) -> None:
        key, file = self.write_key(self.name)
        self.enroll("group", self.name, "--proof", "symmetric_key", "--key-file", str(file))
        self.stack.sql(f"""SELECT registry.set_group_config('{self.name}', '{{"a": 1}}', 'why')""")
        device = self.device(self.name, SymmetricKey.of_group(self.name, key, self.name))
        self.assert_accepted(device.provision())
        device.become_ready()
        ca = (self.stack.pki / "server-ca.pem").read_text()
        self.stack.sql(f"SELECT registry.set_group_endpoint('{self.name}', '127.0.0.1', {self.stack.broker.device_port}, "
                       f"ca => '{ca}', reason => 'why')")
        version = within(10, "the change is computed", lambda: self.query(
            f"SELECT config_version AS v FROM registry.devices WHERE device_id = '{self.name}' "
            "AND config_version > applied_config_version"))[0]["v"]
        with device.connect() as session:
            session.say("connected", generation=1)
            for status in ({"status": "ready", "config_version": version - 1}, {"status": "failed", "code": "config_missing"}):
                within(10, "it is acknowledged", lambda: "config" not in session.say("ready", config_version=version))
                answer = within(10, f"{status} brings it", lambda: self.with_config(session.say(**status)))
                self.assertEqual((answer["config"], answer["connection"]["host"]), ({"a": 1}, "127.0.0.1"))

    def test_a_forged_failure_is_shown_until_the_device_connects_again(self) -> None:
        device = self.enrolled()
        self.assert_accepted(device.provision())
        device.become_ready()
        with device.connect() as session:
            session.say("connected", generation=1)
            session.say("failed", code="forged", message="so")
            self.assertEqual(self.row(self.name)["failure"], "forged: so")
        with device.connect() as session:
            self.assertEqual(session.say("connected", generation=1)["state"], "ready")
            self.assertIsNone(self.row(self.name)["failure"])

    def changed(self, session: Session) -> Json | None:
        config: Json = session.say("failed", code="none").get("config", {})
        return config if "n" in config else None

    def test_what_a_forged_ready_says_is_in_no_configuration(self) -> None:
        """It is shown, apart."""
        device = self.enrolled("", "--device-config", json.dumps(FILLED), attributes={"site": "mill"})
        self.assert_accepted(device.provision())
        device.become_ready()
        with device.connect() as session:
            session.say("connected", generation=1)
            self.forger.publish(f"devices/{self.name}/status", compact(
                {"status": "ready", "session": session.id, "config_version": 1, "attributes": {"site": "evil.example"}}))
            self.await_row(self.name, reported={"site": "evil.example"}, attributes={"site": "mill"}, state="ready", config_version=1)
            self.stack.sql(f"SELECT registry.set_device_config('{self.name}', '{json.dumps(FILLED | {'n': 1})}', 'why')")
            config: Json = within(10, "the change comes", lambda: self.changed(session))
            self.assertEqual(config, {"url": "https://mill/", "n": 1})

    def test_what_the_broker_writes_into_a_request_with_a_token_is_in_no_configuration(self) -> None:
        token, file = self.write_token(self.name)
        self.enroll("group", self.name, "--proof", "token", "--token-file", str(file), "--max-devices", "9",
                    "--device-config", json.dumps(FILLED))
        site = {"site": "evil.example"}
        device = self.device(self.name, self.token_proof(token), attributes=site)
        answer = device.provision()
        self.assert_accepted(answer)
        self.assertNotIn("config", answer)
        shown = self.row(self.name)
        self.assertEqual((shown["attributes"], shown["reported"]), ({}, site))
        self.stack.sql(f"""SELECT registry.set_group_policy('{self.name}', '{{"token_attributes": "trusted"}}', 'ours')""")
        other = self.device(f"{self.name}-2", self.token_proof(token), attributes=site)
        self.assertEqual(other.provision()["config"], {"url": "https://evil.example/"})
        shown = self.row(other.device_id)
        self.assertEqual((shown["attributes"], shown["reported"]), (site, {}))

    def test_a_change_reaches_a_device_whose_session_somebody_ended(self) -> None:
        devices = self.both()
        for device in devices:
            device.expect("ready")
            session = self.stack.cluster.sql(f"SELECT session FROM registry.presence WHERE device_id = '{device.id}'").strip()
            self.forge(device, "disconnected", session=session)
            self.await_row(device.id, online=False)
            self.stack.sql(CHANGE.format(device.id))
        for device in devices:
            device.expect("configuration", config_version=2)
            within(10, "it is stored", lambda: self.program_of(device).config(device.folder) == {"a": 1})
        for device in devices:
            device.expect("connected")  # nobody answered its `ready`
            self.await_row(device.id, online=True, state="ready", applied_config_version=2)

    def program_of(self, device: RunningDevice) -> DeviceProgram:
        return Small() if device.id.endswith("-c") else Reference()

    def test_a_session_that_somebody_ended_is_not_spoken_in_for_ever(self) -> None:
        """It was ended between the configuration and the `ready` for it."""
        gate = self.folder / f"{self.name}.gate"
        hook = self.folder / f"{self.name}.sh"
        hook.write_text(f"#!/bin/sh\nuntil test -e {gate} || test $2 = 1; do sleep 0.1; done\n")
        hook.chmod(0o755)
        devices = self.both("--on-config", str(hook))
        for device in devices:
            device.expect("ready")
            self.stack.sql(CHANGE.format(device.id))
            device.expect("configuration", config_version=2)
            session = self.stack.cluster.sql(f"SELECT session FROM registry.presence WHERE device_id = '{device.id}'").strip()
            self.forge(device, "disconnected", session=session)
            self.await_row(device.id, online=False)
        gate.touch()
        for device in devices:
            device.expect("connected")
            device.expect("ready", config_version=2)
            self.await_row(device.id, online=True, state="ready", applied_config_version=2)
