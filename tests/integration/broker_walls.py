"""What keeps devices apart at a broker, and revoked ones away: rows of the table of docs/brokers.md."""

from __future__ import annotations

import contextlib

from access_case import LIMIT_S
from broker_case import QUIET_S, BrokerTest, row

from foreign_device import Device
from stack import StackError, within
from wire import Login, Wire, WireError


class BrokerWalls(BrokerTest):
    # --- the walls between devices

    @row("topics of another device, and wildcards over others")
    def test_topics_of_another_device(self) -> str:
        device = self.new()
        self.session(device).wire.close()
        statuses, telemetry = self.account_wire("service", "devices/+/status"), self.account_wire("platform", "plant/+/telemetry/#")
        speakers = {"plant/other/commands/go": self.account_wire("platform"), "devices/other/config": self.account_wire("service")}
        for topic, listener in (("devices/other/status", statuses), ("plant/other/telemetry/t", telemetry)):
            if self.arrives(self.wire(device), topic, listener):
                return "open"
        for topic in ("#", "+/#", "plant/#", "plant/+/commands/#", "devices/+/config", "devices/other/config", "plant/other/commands/#"):
            wire = self.wire(device)
            with contextlib.suppress(WireError):
                wire.subscribe(topic)
            if any(self.hears(wire, said, speaker) for said, speaker in speakers.items()):
                return "open"
        return "refused"

    @row("the bootstrap account hears answers to other devices")
    def test_answers_to_other_devices(self) -> str:
        """Whoever shares the account chooses its client id, which brokers fill into their rules."""
        place, speaker = self.place(), self.account_wire("service")
        for client_id in ("+", "#", ".*", "v.ctim", "(other|victim)", "%2B", "other"):
            for topic in ("provisioning/v1/victim/response", "provisioning/v1/+/response"):
                with contextlib.suppress(WireError):
                    wire = Wire(place.url, client_id, Login(place.anchors, place.username, place.password), self.version)
                    self.addCleanup(wire.drop)
                    wire.subscribe(topic)
                    if self.hears(wire, "provisioning/v1/victim/response", speaker):
                        return f"**yes, with the client id `{client_id}`**"
        return "no"

    def rights_of(self, wants: str) -> str:
        """The fleet's rights are plant/ID/telemetry/#; the group's are narrower."""
        device = self.enrolled(f"narrow-{wants}", "--group", "narrow", version=self.version, wants=wants)
        if device.provision()["status"] != "accepted":
            return "no passwords"
        self.session(device).wire.close()
        heard = self.account_wire("platform", "plant/+/telemetry/#")
        topics = (f"plant/{device.device_id}/telemetry/narrow", f"plant/{device.device_id}/telemetry/t")
        found = tuple(self.arrives(self.wire(device), topic, heard) for topic in topics)
        return {(True, False): "its group's", (True, True): "the fleet's", (False, False): "none"}[found]

    @row("rights of a device with a certificate")
    def test_rights_of_a_device_with_a_certificate(self) -> str:
        return self.rights_of("x509")

    @row("rights of a device with a password")
    def test_rights_of_a_device_with_a_password(self) -> str:
        return self.rights_of("password")

    def with_another_client_id(self, wants: str) -> str:
        device = self.enrolled(f"own-{wants}", "--group", "meters", version=self.version, wants=wants)
        if device.provision()["status"] != "accepted":
            return "no passwords"
        other = self.new(f"another-{wants}")
        session = self.session(other).wire
        if self.is_refused(device, other.device_id):
            return "refused"
        # Let in; as whom?
        statuses = self.account_wire("service", "devices/+/status")
        if session.is_lost(QUIET_S):
            return "**ends the other's session**"
        own = self.arrives(self.wire(device, other.device_id), f"devices/{device.device_id}/status", statuses)
        foreign = self.arrives(self.wire(device, other.device_id), f"devices/{other.device_id}/status", statuses)
        return "accepted as its own device" if own and not foreign else "**accepted**"

    @row("a certificate with the client id of another device")
    def test_a_certificate_with_another_client_id(self) -> str:
        return self.with_another_client_id("x509")

    @row("a password with the client id of another device")
    def test_a_password_with_another_client_id(self) -> str:
        return self.with_another_client_id("password")

    # --- revocation

    def suspended(self, device: Device) -> None:
        self.act(f"suspend('{device.device_id}', 'why')")
        if self.stack.service_settings()["broker_access"]["mode"] != "none":
            self.change(device.device_id)

    @row("a revoked device connects")
    def test_a_revoked_device_connects(self) -> str:
        device = self.new()
        self.wire(device).close()
        self.suspended(device)
        if self.is_refused(device):
            return "no"
        statuses = self.account_wire("service", "devices/+/status")
        return "**yes**" if self.arrives(self.wire(device), f"devices/{device.device_id}/status", statuses) else "without any rights"

    @row("its open session, listening")
    def test_an_open_session_of_a_revoked_device_that_listens(self) -> str:
        device = self.new("revoked-listens")
        wire = self.session(device).wire
        topic = f"plant/{device.device_id}/commands/go"
        wire.subscribe(topic)
        self.assertTrue(self.hears(wire, topic, self.account_wire("platform")))
        self.suspended(device)
        if wire.is_lost(QUIET_S):
            return "ends"
        return "**goes on**" if self.hears(wire, topic, self.account_wire("platform")) else "hears nothing"

    @row("its open session, publishing")
    def test_an_open_session_of_a_revoked_device_that_publishes(self) -> str:
        """A broker may remember what it allowed, until the session pauses."""
        device = self.new("revoked-publishes")
        wire = self.session(device).wire
        topic, heard = f"plant/{device.device_id}/telemetry/t", self.account_wire("platform", "plant/+/telemetry/#")
        self.assertTrue(self.arrives(wire, topic, heard))
        self.suspended(device)
        if wire.is_lost(QUIET_S):
            return "ends"

        def is_lost() -> bool:
            with contextlib.suppress(WireError):
                wire.publish(topic, b"")
            return wire.is_lost(1)
        try:
            within(LIMIT_S, "the session ends", is_lost)
        except StackError:
            return "**goes on**" if self.arrives(wire, topic, heard) else "is not heard"
        return "ends when it publishes"
