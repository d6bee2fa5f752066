"""A connection to the broker that died without a word: a firewall that forgot it, a broker that hangs."""

from __future__ import annotations

import os
import signal
import time

from stack_case import StackTest, within

from ports import free_port
from relay import Relay


class SilentBroker(StackTest):
    def test_a_connection_that_only_keep_alive_notices_is_replaced_within_15_s(self) -> None:
        self.stack.service.stop()
        port = free_port()
        with Relay(port, self.stack.broker.bootstrap_port) as relay:
            self.addCleanup(self.stack.service.stop)
            self.stack.service.start(LATCHKEY_MQTT_URL=f"mqtts://localhost:{port}")
            device = self.enrolled()
            before = self.metric("latchkey_broker_connections_total")
            relay.silence()
            began = time.monotonic()
            within(20, "the service has another connection", lambda: self.metric("latchkey_broker_connections_total") > before)
            self.assert_accepted(device.provision(5))
            self.assertLess(time.monotonic() - began, 15)

    def test_a_broker_that_hangs_and_goes_on_costs_no_message(self) -> None:
        """For longer than an acknowledgement may take, so that connections end; none is blamed on a message."""
        device = self.enrolled()
        broker = self.stack.mosquitto.pid
        assert broker
        with device.bootstrap() as wire:
            wire.post(device.topic("request"), device.message())
            os.kill(broker, signal.SIGSTOP)
            try:
                time.sleep(14)
            finally:
                os.kill(broker, signal.SIGCONT)
        began = time.monotonic()
        self.assert_accepted(device.provision(20))
        self.assertLess(time.monotonic() - began, 15)
        self.assertNotIn("the broker does not accept it", self.stack.service.last_lines(100))
