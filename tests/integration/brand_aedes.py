"""A broker on aedes asks the service over HTTP. `./dev test brands` runs it."""

from __future__ import annotations

import broker_rows
import broker_walls
from access_case import LIMIT_S

from aedes_broker import AedesStack
from stack import within
from wire import WireError


class AedesTest(broker_rows.BrokerRows, broker_walls.BrokerWalls):
    title = "aedes"
    version = 4
    make_stack = AedesStack

    def test_a_bootstrap_connection_does_not_end_the_session_of_a_device(self) -> None:
        device = self.new()
        session = self.session(device).wire
        with self.assertRaises(WireError):
            device.bootstrap()
        self.assertFalse(session.is_lost(0.2))

    def test_without_the_service_devices_are_denied_and_the_broker_goes_on(self) -> None:
        device = self.new()
        self.stack.service.stop()
        try:
            self.assertTrue(self.is_refused(device))
            self.account_wire("platform", "plant/+/telemetry/#")
        finally:
            self.stack.service.start()
        within(LIMIT_S, "it is let in again", lambda: not self.is_refused(device))
