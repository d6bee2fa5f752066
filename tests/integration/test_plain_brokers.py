"""Brokers that know no MQTT 5 and no shared subscriptions, and those that retain."""

from __future__ import annotations

from stack_case import StackTest

from stack import Stack


class PlainBrokers(StackTest):
    settings = {"mqtt": {"version": "3.1.1", "share_group": ""}}

    @classmethod
    def prepare(cls, stack: Stack) -> None:
        stack.retain = True

    def test_the_whole_way_without_mqtt_5(self) -> None:
        device = self.enrolled()
        self.assert_accepted(device.provision())
        self.assertEqual(device.become_ready()["state"], "ready")
        self.assertEqual(self.row(self.name)["state"], "ready")

    def test_a_retained_request_is_dropped(self) -> None:
        """Only a new subscriber sees the flag, so the service comes after the request."""
        device = self.enrolled()
        self.stack.service.stop()
        with device.bootstrap() as wire:
            wire.publish(device.topic("request"), device.message(), retain=True)
            self.stack.service.start()
            # Ready means subscribed: the retained request was delivered before this one.
            self.assert_accepted(self.enrolled(f"{self.name}-other").provision())
            self.assertIsNone(wire.receive(0))
            wire.publish(device.topic("request"), b"", retain=True)  # takes it away for the cases after this
        self.assertNotIn("accepted", self.decisions(self.name))
        self.assert_not_registered(self.name)
