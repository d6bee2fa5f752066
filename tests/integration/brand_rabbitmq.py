"""RabbitMQ asks the service over HTTP. `./dev test brands` runs it."""

from __future__ import annotations

import broker_rows
import broker_walls
from access_case import LIMIT_S

from rabbitmq import RabbitStack
from stack import within
from wire import Login, Wire, WireError


class RabbitTest(broker_rows.BrokerRows, broker_walls.BrokerWalls):
    title = "RabbitMQ"
    version = 4
    make_stack = RabbitStack

    def test_telemetry_goes_as_far_as_the_rights(self) -> None:
        for wants in ("x509", "password"):
            with self.subTest(wants):
                device = self.new(f"telemetry-{wants}", wants=wants)
                heard = self.account_wire("platform", "plant/#")
                with self.session(device).wire as wire:
                    wire.publish(f"plant/{device.device_id}/telemetry/t", b"1")
                    message = heard.receive()
                    assert message
                    self.assertEqual(message.payload, b"1")
                for topic in ("plant/other/telemetry/t", f"plant/{device.device_id}/commands", "devices/other/status"):
                    with self.assertRaises(WireError), self.wire(device) as wire:
                        wire.publish(topic, b"2")
                self.assertIsNone(heard.receive(0.2))

    def test_an_id_that_rabbitmq_cannot_carry_is_refused(self) -> None:
        for device_id in ("another.dot", "another:colon"):
            self.assertFalse(self.is_served(device_id))
            within(LIMIT_S, "the ledger says why", lambda device_id=device_id: "id_not_carried" in {
                row["reason_id"] for row in self.attempts(device_id)})
        found = self.run_latchkey("config", "check")
        self.assertIn("RabbitMQ cannot serve devices with . or :", found.stderr)

    def test_the_bootstrap_account_needs_its_password(self) -> None:
        place = self.place()
        for password in ("wrong", ""):
            with self.subTest(password), self.assertRaises(WireError):
                Wire(place.url, "another", Login(place.anchors, place.username, password), self.version)

    def test_a_suspended_device_connects_when_it_is_resumed(self) -> None:
        for wants in ("x509", "password"):
            with self.subTest(wants):
                device = self.new(f"revoked-{wants}", wants=wants)
                self.wire(device).close()
                self.act(f"suspend('{device.device_id}', 'why')")
                self.change(device.device_id)
                with self.assertRaises(WireError):
                    self.wire(device)
                self.act(f"resume('{device.device_id}', 'why')")
                within(LIMIT_S, "it is let in again", lambda device=device: not self.is_refused(device))
