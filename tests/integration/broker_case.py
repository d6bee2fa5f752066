"""What the cases share that look what a broker can do: broker_rows.py and broker_walls.py have one for each row of the table
of docs/brokers.md."""

from __future__ import annotations

import contextlib
import functools
import secrets
from collections.abc import Callable
from typing import Any

from access_case import AccessTest

import brand_table
from foreign_device import Device
from wire import Login, Wire, WireError

QUIET_S = 0.3  # nothing comes within this time

Look = Callable[[Any], str]


def row(name: str) -> Callable[[Look], Callable[[Any], None]]:
    """A case that looks what a broker does. The page says the same in this row, or --record writes it there."""
    def decorate(look: Look) -> Callable[[Any], None]:
        @functools.wraps(look)
        def case(self: BrokerTest) -> None:
            seen = look(self)
            if brand_table.RECORDS:
                brand_table.record(name, self.title, seen)
            table = brand_table.read()
            line, column = table.position(name, self.title)
            self.assertEqual(seen, table.cells[line][column], f"docs/brokers.md, \"{name}\": ./dev test brands --record")
        case.row = name  # type: ignore[attr-defined]
        return case
    return decorate


class BrokerTest(AccessTest):
    title = ""  # of the column
    version = 5  # of MQTT, that the devices speak

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stack.set_fleet_rights()
        cls.act_for_all("enroll_group('narrow', 'token', sha256('nobody has this one'), credential_types => '{x509,password}')")
        cls.act_for_all("""set_group_rights('narrow', '{"publish": ["plant/${device_id}/telemetry/narrow"]}', 'why')""")
        cls.prepare_rights()

    @classmethod
    def prepare_rights(cls) -> None:
        """For a broker whose own configuration holds the fleet's rights."""

    @classmethod
    def act_for_all(cls, act: str) -> None:
        cls.stack.sql(f"SELECT registry.{act}")

    def release(self) -> str:
        """The broker's version."""
        return self.stack.broker.release()

    # --- who connects

    def new(self, device_id: str = "", group: str = "meters", **fields: Any) -> Device:
        device_id = device_id or self.name.replace("_", "-")
        device = self.enrolled(device_id, "--group", group, version=self.version, **fields)
        self.assert_accepted(device.provision())
        return device

    def account_wire(self, account: str, topic: str = "", **fields: Any) -> Wire:
        settings = self.stack.service_settings()["mqtt"]
        name = settings["username"] if account == "service" else self.stack.environment[f"LATCHKEY_{account.upper()}_USER"]
        login = Login(self.place().anchors, name, self.stack.broker.password_file(account).read_text().strip())
        fields.setdefault("client_id", f"@{account}-{secrets.token_hex(4)}")
        wire = Wire(self.place().url, login=login, **({"version": self.version} | fields))
        self.addCleanup(wire.close)
        if topic:
            wire.subscribe(topic)
        return wire

    def wire(self, device: Device, client_id: str = "") -> Wire:
        """Where its answer said that it should connect."""
        assert device.accepted
        where = device.accepted["connection"]
        wire = Wire(f"mqtts://{where['host']}:{where['port']}", client_id or device.device_id, device.login(), self.version)
        self.addCleanup(wire.drop)
        return wire

    def is_refused(self, device: Device, client_id: str = "") -> bool:
        try:
            self.wire(device, client_id).close()
        except WireError:
            return True
        return False

    # --- what arrives

    def arrives(self, wire: Wire, topic: str, listener: Wire) -> bool:
        """A broker may refuse in silence, or end the session."""
        payload = secrets.token_hex(8).encode()
        with contextlib.suppress(WireError):
            wire.publish(topic, payload)
        return self.receives(listener, payload)

    def hears(self, wire: Wire, topic: str, speaker: Wire) -> bool:
        payload = secrets.token_hex(8).encode()
        speaker.publish(topic, payload)
        return self.receives(wire, payload)

    def receives(self, wire: Wire, payload: bytes) -> bool:
        """Among whatever else came before it."""
        while message := wire.receive(QUIET_S):
            if message.payload == payload:
                return True
        return False
