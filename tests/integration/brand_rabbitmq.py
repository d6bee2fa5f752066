"""RabbitMQ asks the service over HTTP. `./dev test brands` runs it."""

from __future__ import annotations

import time
from typing import Any

from access_case import LIMIT_S, AccessTest

from foreign_device import Device
from rabbitmq import RabbitBroker
from stack import Settings, Stack, within
from wire import Login, Wire, WireError


class RabbitStack(Stack):
    broker: RabbitBroker

    def make_broker(self, *arguments: Any) -> RabbitBroker:
        return RabbitBroker(*arguments)

    def service_settings(self) -> Settings:
        settings = super().service_settings()
        settings["mqtt"] |= {"version": "3.1.1", "share_group": ""}
        settings["broker_access"] = {"mode": "http", "listen": f"127.0.0.1:{self.broker.question_port}",
                                     "token_file": str(self.broker.token)}
        return settings

    def stop(self) -> None:
        super().stop()
        if hasattr(self, "broker"):
            self.broker.stop_names()


class RabbitTest(AccessTest):
    make_stack = RabbitStack

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stack.set_fleet_rights()

    def new(self, name: str = "", **fields: Any) -> Device:
        return self.provisioned((name or self.name).replace("_", "-"), version=4, **fields)

    def platform(self, topic: str) -> Wire:
        password = self.stack.broker.password_file("platform").read_text().strip()
        wire = Wire(self.place().url, f"@platform-{time.monotonic_ns()}", Login(self.place().anchors, "@platform", password), version=4)
        self.addCleanup(wire.close)
        wire.subscribe(topic)
        return wire

    def wire(self, device: Device, client_id: str = "") -> Wire:
        assert device.accepted
        wire = Wire(self.place().url, client_id or device.device_id, device.login(), version=4)
        self.addCleanup(wire.drop)
        return wire

    def test_a_device_with_a_certificate_becomes_ready(self) -> None:
        device = self.new()
        self.assertEqual(device.become_ready()["state"], "ready")

    def test_a_device_with_a_password_becomes_ready(self) -> None:
        device = self.new(wants="password")
        self.assertEqual(device.become_ready()["state"], "ready")

    def test_telemetry_goes_as_far_as_the_rights(self) -> None:
        for wants in ("x509", "password"):
            with self.subTest(wants):
                device = self.new(f"telemetry-{wants}", wants=wants)
                heard = self.platform("plant/#")
                with self.session(device).wire as wire:
                    wire.publish(f"plant/{device.device_id}/telemetry/t", b"1")
                    message = heard.receive()
                    assert message
                    self.assertEqual(message.payload, b"1")
                for topic in ("plant/other/telemetry/t", f"plant/{device.device_id}/commands", "devices/other/status"):
                    with self.assertRaises(WireError), self.wire(device) as wire:
                        wire.publish(topic, b"2")
                self.assertIsNone(heard.receive(0.2))

    def test_a_device_receives_what_is_its_own_and_nothing_else(self) -> None:
        device = self.new()
        self.session(device).wire.drop()
        platform = self.platform("unused")
        with self.wire(device) as wire:
            wire.subscribe(f"plant/{device.device_id}/commands/#")
            platform.publish(f"plant/{device.device_id}/commands/go", b"go")
            message = wire.receive()
            assert message
            self.assertEqual(message.payload, b"go")
        for topic in ("#", "plant/#", "plant/+/commands/x", "devices/+/config", "devices/other/config"):
            with self.subTest(topic), self.assertRaises(WireError), self.wire(device) as wire:
                wire.subscribe(topic)

    def test_a_credential_is_good_for_its_own_client_id_only(self) -> None:
        for wants in ("x509", "password"):
            device = self.new(f"own-{wants}", wants=wants)
            with self.subTest(wants), self.assertRaises(WireError):
                self.wire(device, "another")

    def test_an_id_that_rabbitmq_cannot_carry_is_refused(self) -> None:
        device = self.enrolled("with.dot", "--group", "meters", version=4)
        with self.assertRaises((WireError, AssertionError, TimeoutError)):
            device.provision(limit_s=2)
        found = self.run_latchkey("config", "check")
        self.assertIn("RabbitMQ cannot serve devices with . or :", found.stderr)

    def test_a_revoked_device_cannot_connect(self) -> None:
        for wants in ("x509", "password"):
            with self.subTest(wants):
                device = self.new(f"revoked-{wants}", wants=wants)
                self.wire(device).close()
                self.act(f"suspend('{device.device_id}', 'why')")
                self.change(device.device_id)
                with self.assertRaises(WireError):
                    self.wire(device)
                self.act(f"resume('{device.device_id}', 'why')")
                within(LIMIT_S, "it is let in again", lambda device=device: self.is_let_in_again(device))

    def is_let_in_again(self, device: Device) -> bool:
        try:
            self.wire(device).close()
        except WireError:
            return False
        return True

    def test_an_open_session_of_a_revoked_device_ends_at_its_first_message_after_a_pause(self) -> None:
        """RabbitMQ remembers what was allowed until the session pauses; it ends the session at a denial."""
        device = self.new()
        wire = self.session(device).wire
        topic = f"plant/{device.device_id}/telemetry/known"
        wire.publish(topic, b"before")
        self.act(f"suspend('{device.device_id}', 'why')")
        self.change(device.device_id)
        within(LIMIT_S, "a message is refused", lambda: wire.is_lost(1) or self.is_refused(wire, topic))
        self.assertTrue(wire.is_lost())

    def is_refused(self, wire: Wire, topic: str) -> bool:
        try:
            wire.publish(topic, b"after")
        except WireError:
            return True
        return False

    def test_an_open_session_of_a_revoked_device_goes_on_listening(self) -> None:
        """RabbitMQ asks nobody about what it delivers: docs/brokers.md says so. If this fails, it does better now."""
        device = self.new()
        wire = self.session(device).wire
        topic = f"plant/{device.device_id}/commands/go"
        wire.subscribe(topic)
        self.act(f"suspend('{device.device_id}', 'why')")
        self.change(device.device_id)
        self.platform("unused").publish(topic, b"after")
        message = wire.receive()
        assert message
        self.assertEqual(message.payload, b"after")
