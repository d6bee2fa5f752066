"""Mosquitto with the gate and with dynamic-security, asked what other brokers are. `./dev test brands` runs it."""

from __future__ import annotations

import subprocess

import broker_rows
import broker_walls

from mosquitto import find
from stack import GateStack, Stack


def release() -> str:
    """Asked for its usage it ends with 3."""
    shown = subprocess.run([find("mosquitto"), "-h"], capture_output=True, text=True, timeout=10).stdout
    return shown.split()[2]


class Gate(broker_rows.BrokerRows, broker_walls.BrokerWalls):
    title = "Mosquitto, gate"
    make_stack = GateStack

    def release(self) -> str:
        return release()


class DynamicSecurity(broker_rows.BrokerRows, broker_walls.BrokerWalls):
    title = "Mosquitto, dynamic-security"
    make_stack = Stack

    def release(self) -> str:
        return release()

    @classmethod
    def prepare_rights(cls) -> None:
        """The lines for the fleet's rights, which devices with a certificate have."""
        acl = cls.stack.broker.folder / "mosquitto.acl"
        acl.write_text(acl.read_text() + cls.stack.latchkey("broker", "acl"))
        cls.stack.mosquitto.restart()
