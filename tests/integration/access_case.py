"""What the tests of the broker's access share: devices with a password or a certificate, and how fast they are cut off."""

from __future__ import annotations

import time
from typing import Any

from stack_case import StackTest

from foreign_device import Device, Session
from jose import Json
from stack import GateStack, within
from wire import Wire, WireError

LIMIT_S = 5.0  # G13


class AccessTest(StackTest):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stack.sql("SELECT registry.enroll_group('meters', 'token', sha256('nobody has this token'), "
                      "credential_types => '{x509,password}')")

    def provisioned(self, device_id: str, **fields: Any) -> Device:
        """It has a symmetric key of its own; `wants="password"` for one with a password."""
        device = self.enrolled(device_id, "--group", "meters", **fields)
        self.assert_accepted(device.provision())
        return device

    def session(self, device: Device) -> Session:
        """Connected and known to the service as such."""
        session = device.connect()
        self.addCleanup(session.wire.close)
        session.say("connected", generation=session.generation)
        return session

    def act(self, act: str) -> None:
        self.stack.sql(f"SELECT registry.{act}")

    def cut_off_after(self, session: Session, act: str) -> float:
        """Seconds from the operator's command to the end of the session."""
        begin = time.monotonic()
        self.act(act)
        self.assertTrue(session.wire.is_lost(LIMIT_S), "the session is still open")
        return time.monotonic() - begin

    def change(self, device_id: str) -> Json:
        """The device's row of registry.access_changes once the broker followed."""
        def look() -> Json | None:
            row = self.query(f"SELECT *, extract(epoch FROM took) AS took_s FROM registry.access_changes WHERE device_id = '{device_id}'")[0]
            return row if row["broker_applied_at"] else None
        return within(LIMIT_S, f"the broker follows the change of {device_id}", look)

    def connection(self, device: Device) -> Wire:
        """A bare operational connection, whatever it is good for."""
        assert device.accepted
        connection = device.accepted["connection"]
        return Wire(f"mqtts://{connection['host']}:{connection['port']}", device.device_id, device.login())

    def is_let_in(self, device: Device) -> bool:
        try:
            self.connection(device).close()
        except WireError:
            return False
        return True

    def assert_kept_out(self, device: Device) -> None:
        """It may get a connection by its certificate, and can neither say nor hear anything on it."""
        service = self.listener("devices/+/status", "provisioning/v1/+/request")
        try:
            wire = self.connection(device)
        except WireError:
            return
        with wire:
            for topic in (f"devices/{device.device_id}/config", f"provisioning/v1/{device.device_id}/response"):
                try:
                    wire.subscribe(topic)
                except WireError:
                    continue
            for topic in (f"devices/{device.device_id}/status", f"provisioning/v1/{device.device_id}/request"):
                wire.publish(topic, b"{}")
            for topic in (f"devices/{device.device_id}/config", f"provisioning/v1/{device.device_id}/response"):
                service.publish(topic, b"{}")
            # What comes after all that shows that it did not.
            service.publish(f"devices/{device.device_id}-after/config", b"{}")
            self.assertIsNone(wire.receive(0.2))
            self.assertIsNone(service.receive(0))

    def assert_let_in(self, device: Device) -> None:
        device.become_ready()


class GateAccessTest(AccessTest):
    """The same with the gate in the broker."""

    make_stack = GateStack

    def await_told(self) -> None:
        """The gate knows all that the registry wants of it."""
        within(2 * LIMIT_S, "the gate is told", lambda: self.stack.cluster.sql(
            "SELECT count(*) FROM registry.access_entry WHERE untold > 0").strip() == "0")
