"""What a broker can do, and how the main job goes over it: rows of the table of docs/brokers.md."""

from __future__ import annotations

import time

from access_case import LIMIT_S
from broker_case import QUIET_S, BrokerTest, row

import brand_table
from jose import Json
from wire import WireError

SECONDS_END_S = 2.5  # brokers count whole seconds; after this one second is over, however they round


class BrokerRows(BrokerTest):
    # --- what it can do

    @row("version")
    def test_the_version_is_that_of_the_page(self) -> str:
        return ".".join(self.release().split(".")[:2])

    @row("`broker_access.mode`")
    def test_the_mode_is_that_of_the_page(self) -> str:
        return f"`{self.stack.service_settings()['broker_access']['mode']}`"

    @row("MQTT 5")
    def test_mqtt_5(self) -> str:
        return "yes" if self.has_mqtt_5() else "no"

    def has_mqtt_5(self) -> bool:
        try:
            self.account_wire("platform", version=5)
        except WireError:
            return False
        return True

    @row("shared subscriptions")
    def test_shared_subscriptions(self) -> str:
        device = self.new()
        topic = f"plant/{device.device_id}/telemetry/t"
        members = []
        for _ in range(2):
            wire = self.account_wire("platform")
            try:
                wire.subscribe("$share/members/plant/+/telemetry/#")
            except WireError:
                return "no"
            members.append(wire)
        sender = self.session(device).wire
        for number in range(4):
            sender.publish(topic, str(number).encode())
        heard = [message.payload for wire in members for _ in range(4) if (message := wire.receive(QUIET_S))]
        return "yes" if sorted(heard) == [b"0", b"1", b"2", b"3"] else "no"

    @row("session expiry")
    def test_session_expiry(self) -> str:
        if not self.has_mqtt_5():
            return "no"
        who: Json = {"account": "platform", "client_id": "@expiry"}
        self.account_wire(**who, expiry_s=1).drop()
        time.sleep(SECONDS_END_S)
        if self.account_wire(**who, expiry_s=60).is_continued:
            return "no"
        self.account_wire(**who, expiry_s=60).drop()
        return "yes" if self.account_wire(**who, expiry_s=0).is_continued else "no"

    @row("message expiry")
    def test_message_expiry(self) -> str:
        if not self.has_mqtt_5():
            return "no"
        device = self.new()
        who: Json = {"account": "platform", "client_id": "@message-expiry"}
        self.account_wire(**who, topic="plant/+/telemetry/#", expiry_s=60).drop()
        sender = self.session(device).wire
        topic = f"plant/{device.device_id}/telemetry/t"
        for number in range(2):
            sender.publish(topic, f"old {number}".encode(), expiry_s=1)
        time.sleep(SECONDS_END_S)
        sender.publish(topic, b"new")
        wire = self.account_wire(**who, expiry_s=0)
        heard = [message.payload for _ in range(3) if (message := wire.receive(QUIET_S))]
        self.assertIn(b"new", heard)
        return {1: "yes", 2: "all but the first that waits"}.get(len(heard), "no")

    # --- the main job

    def becomes_ready_twice(self, wants: str) -> str:
        """Provisioned over this broker, ready, and ready again after a reconnect."""
        device = self.enrolled(f"ready-{wants}", "--group", "meters", version=self.version, wants=wants)
        answer = device.provision()
        if answer["status"] != "accepted":
            self.assertEqual(answer["code"], "credential_not_allowed", answer)
            return "no: `credential_not_allowed`"
        for _ in range(2):
            self.assertEqual(device.become_ready()["state"], "ready")
        self.await_row(device.device_id, state="ready")
        return "yes"

    @row("a device with a certificate becomes ready, and again after a reconnect")
    def test_a_device_with_a_certificate_becomes_ready(self) -> str:
        return self.becomes_ready_twice("x509")

    @row("a device with a password does")
    def test_a_device_with_a_password_becomes_ready(self) -> str:
        return self.becomes_ready_twice("password")

    @row("its will tells that it is gone")
    def test_a_will_says_that_a_device_is_gone(self) -> str:
        device = self.new()
        session = self.session(device)
        self.await_row(device.device_id, online=True)
        session.wire.drop()
        self.await_row(device.device_id, online=False)
        return "yes"

    @row("a new connection with its client id ends the old one")
    def test_a_new_connection_ends_the_old_one(self) -> str:
        device = self.new()
        old = self.wire(device)
        self.wire(device)
        return "yes" if old.is_lost(LIMIT_S) else "no"

    # --- ids

    def is_served(self, device_id: str) -> bool:
        device = self.enrolled(device_id, "--group", "meters", version=self.version)
        try:
            device.provision(limit_s=2)
            device.become_ready()
        except (WireError, TimeoutError, AssertionError):
            return False
        return True

    @row("ids with `.`")
    def test_ids_with_a_dot(self) -> str:
        return "yes" if self.is_served("with.dot") else "no"

    @row("ids with `:`")
    def test_ids_with_a_colon(self) -> str:
        return "yes" if self.is_served("with:colon") else "no"

    @row("ids that differ in upper and lower case only")
    def test_ids_that_differ_in_case_only(self) -> str:
        lower, upper = self.new("case-a1"), self.new("case-A1")
        statuses = self.account_wire("service", "devices/+/status")
        is_open = self.arrives(self.wire(lower), f"devices/{upper.device_id}/status", statuses)
        return "**one device**" if is_open else "two devices"

    def test_the_table_has_a_row_for_each_case_and_nothing_else(self) -> None:
        cases = [case for name in dir(type(self)) if (case := getattr(getattr(type(self), name), "row", None))]
        self.assertEqual(sorted(cases), sorted(brand_table.read().rows))
