"""A Mosquitto at the edge, bridged to the central one by the lines of docs/deploy.md: its devices live there alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from access_case import GateAccessTest
from broker_case import QUIET_S

from account import give
from brand_broker import example
from foreign_device import Device, Place
from gate_broker import GateBroker
from mosquitto import Broker
from ports import free_port
from relay import Relay
from stack import GateStack, within
from wire import Wire


class EdgeBroker(Broker):
    """deploy/mosquitto/mosquitto.conf without the plugin, and with the bridge."""

    def configure_bridge(self, central: Broker, link: int, rights: str) -> None:
        pki = central.folder / "pki"
        self.configure(pki)
        lines = [line for line in self.configuration.read_text().splitlines() if not line.startswith("plugin")]
        bridge = example("deploy.md", "connection central")
        for old, new in (("broker.example:8884", f"localhost:{link}"), ("/etc/mosquitto/", f"{pki}/"),
                         ("PASSWORD", central.password_file("edge").read_text().strip())):
            assert old in bridge, old
            bridge = bridge.replace(old, new)
        self._write(self.configuration, "\n".join([*lines, "", bridge]))
        acl = self.folder / "mosquitto.acl"
        self._write(acl, acl.read_text() + rights)


class CentralBroker(GateBroker):
    accounts = (*GateBroker.accounts, "edge")


class CentralStack(GateStack):
    def make_broker(self, *arguments: Any) -> GateBroker:
        return CentralBroker(*arguments)


class EdgeTest(GateAccessTest):
    make_stack = CentralStack

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        central = cls.stack.broker
        cls.stack.set_fleet_rights()
        acl = central.folder / "mosquitto.acl"
        acl.write_text(acl.read_text() + "\n" + example("deploy.md", "user @edge"))
        cls.stack.mosquitto.restart()
        folder = central.folder / "edge"
        folder.mkdir()
        give(folder)
        cls.edge = EdgeBroker(folder, free_port(), free_port(), True)
        cls.link = Relay(free_port(), central.bootstrap_port)
        cls.addClassCleanup(lambda: cls.link.__exit__())
        cls.edge.configure_bridge(central, cls.link.port, cls.stack.latchkey("broker", "acl"))
        cls.edge.daemon.start()
        cls.addClassCleanup(cls.edge.daemon.stop)
        cls.stack.sql("SELECT registry.enroll_group('site', 'token', sha256('nobody has this one'))")
        cls.stack.sql(f"SELECT registry.set_group_endpoint('site', 'localhost', {cls.edge.device_port}, reason => 'their broker')")
        # Its own log is the only one that tells.
        within(10, "the bridge is connected", lambda: "@edge" in cls.stack.mosquitto.log.read_text())

    def behind_the_edge(self, device_id: str = "") -> Device:
        device = self.enrolled(device_id or self.name, "--group", "site")
        place: Place = device.place
        device.place = replace(place, url=f"mqtts://localhost:{self.edge.bootstrap_port}",
                               password=self.edge.password_file("bootstrap").read_text().strip())
        self.assert_accepted(device.provision())
        assert device.accepted
        self.assertEqual(device.accepted["connection"]["port"], self.edge.device_port)
        return device

    def platform(self, topic: str = "") -> Wire:
        wire = self.account("platform", f"@platform-{self.name}-{len(topic)}")
        self.addCleanup(wire.close)
        if topic:
            wire.subscribe(topic)
        return wire

    def test_a_device_becomes_ready_and_again_after_a_reconnect(self) -> None:
        device = self.behind_the_edge()
        for _ in range(2):
            self.assertEqual(device.become_ready()["state"], "ready")
        self.await_row(device.device_id, state="ready")

    def test_telemetry_and_commands_pass_the_bridge(self) -> None:
        device = self.behind_the_edge()
        heard = self.platform("plant/+/telemetry/#")
        wire = self.session(device).wire
        wire.publish(f"plant/{device.device_id}/telemetry/t", b"21")
        message = heard.receive()
        self.assertEqual(message.payload if message else b"", b"21")
        wire.subscribe(f"plant/{device.device_id}/commands/#")
        self.platform().publish(f"plant/{device.device_id}/commands/go", b"go")
        message = wire.receive()
        self.assertEqual(message.payload if message else b"", b"go")

    def test_the_edge_broker_keeps_devices_apart(self) -> None:
        device = self.behind_the_edge()
        heard = self.platform("plant/+/telemetry/#")
        wire = self.session(device).wire
        wire.publish("plant/other/telemetry/t", b"no")
        wire.publish(f"plant/{device.device_id}/telemetry/t", b"yes")
        message = heard.receive()
        self.assertEqual(message.payload if message else b"", b"yes")
        wire.subscribe("plant/+/commands/#")
        self.platform().publish("plant/other/commands/go", b"no")
        self.assertIsNone(wire.receive(QUIET_S))

    def test_a_will_tells_that_the_device_is_gone(self) -> None:
        device = self.behind_the_edge()
        session = self.session(device)
        self.await_row(device.device_id, online=True)
        session.wire.drop()
        self.await_row(device.device_id, online=False)

    def test_a_revoked_device_goes_on_without_a_crl(self) -> None:
        """docs/deploy.md says so: nobody tells the edge broker."""
        device = self.behind_the_edge()
        heard = self.platform("plant/+/telemetry/#")
        wire = self.session(device).wire
        self.act(f"revoke('{device.device_id}', 'stolen')")
        self.change(device.device_id)
        self.assertFalse(wire.is_lost(QUIET_S))
        wire.publish(f"plant/{device.device_id}/telemetry/t", b"21")
        message = heard.receive()
        self.assertEqual(message.payload if message else b"", b"21")

    def test_telemetry_waits_at_the_edge_while_the_link_is_down(self) -> None:
        device = self.behind_the_edge()
        heard = self.platform("plant/+/telemetry/#")
        wire = self.session(device).wire
        self.link.cut()
        wire.publish(f"plant/{device.device_id}/telemetry/t", b"21")
        self.assertIsNone(heard.receive(QUIET_S))
        type(self).link = Relay(self.link.port, self.link.target)
        message = heard.receive()
        self.assertEqual(message.payload if message else b"", b"21")
