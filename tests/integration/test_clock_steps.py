"""The database's clock is ahead for a while: what the gate was told meanwhile is true when it is set right."""

from __future__ import annotations

import time

from stack_case import StackTest

from clocks import ClockedStack
from foreign_device import Device, SymmetricKey
from stack import within
from wire import Wire, WireError

DAY = 86400
READ_S = 1.5  # until all processes have read it


class ClockSteps(StackTest):
    make_stack = ClockedStack
    stack: ClockedStack

    def step(self, seconds: int) -> None:
        self.stack.step("database", seconds)
        time.sleep(READ_S)

    def ready(self, wants: str) -> Device:
        """With a credential for a day."""
        key, file = self.write_key(self.name)
        self.enroll("group", self.name, "--proof", "symmetric_key", "--key-file", str(file), "--credential-type", wants,
                    "--lifetime-s", str(DAY))
        device = self.device(self.name, SymmetricKey.of_group(self.name, key, self.name), wants=wants)
        self.assert_accepted(device.provision())
        self.assertEqual(device.become_ready()["state"], "ready")
        return device

    def is_let_in(self, device: Device) -> bool:
        assert device.accepted
        connection = device.accepted["connection"]
        try:
            Wire(f"mqtts://{connection['host']}:{connection['port']}", connection["client_id"], device.login()).close()
        except WireError:
            return False
        return True

    def act(self, what: str) -> None:
        """By an operator, and the gate is told."""
        self.stack.sql(f"SELECT registry.{what}('{self.name}', 'a clock')")
        within(15, f"the gate is told of {what}", lambda: self.stack.cluster.sql(
            f"SELECT untold FROM registry.access_entry WHERE device_id = '{self.name}'").strip() == "0")

    def test_who_is_suspended_meanwhile_stays_out(self) -> None:
        device = self.ready("x509")
        self.addCleanup(self.step, 0)
        self.step(2 * DAY)
        self.act("suspend")
        self.step(0)
        self.assertFalse(self.is_let_in(device))

    def test_a_password_that_is_told_meanwhile_is_good(self) -> None:
        device = self.ready("password")
        self.addCleanup(self.step, 0)
        self.step(2 * DAY)
        self.act("suspend")
        self.act("resume")
        self.step(0)
        self.assertTrue(self.is_let_in(device))
