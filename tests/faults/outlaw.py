"""A revoked device, which tries to come in all the time."""

from __future__ import annotations

import threading

from fleet import OUTLAW, Fleet
from foreign_device import Device
from stack import within
from wire import Login, Wire, WireError

KEPT_OUT_S = 30  # G13 says 5 s; of a stack that was just started on a loaded machine


def is_let_in(device: Device, login: Login) -> bool:
    """It may connect and hear: with dynamic-security a blocked one may connect, and has no rights."""
    assert device.accepted
    connection = device.accepted["connection"]
    try:
        wire = Wire(f"mqtts://{connection['host']}:{connection['port']}", connection["client_id"], login)
    except WireError:
        return False
    try:
        wire.subscribe(f"{connection['topics']}/config")
    except (WireError, OSError):
        return False
    finally:
        wire.drop()  # a goodbye would fail where the network holds what was said before
    return True


class Outlaw(threading.Thread):
    """`let_in` counts how often it succeeded since it was kept out for the first time: whatever happens, the gate knows that it is
    denied, or is closed."""

    def __init__(self, fleet: Fleet) -> None:
        super().__init__(name=OUTLAW, daemon=True)
        self.settle = fleet.settle
        self.device = fleet.witness(OUTLAW)
        self.device.provision()
        fleet.stack.sql(f"SELECT registry.revoke('{OUTLAW}', 'a campaign')")
        within(KEPT_OUT_S, f"{OUTLAW} is kept out", lambda: not self.is_let_in())
        self.tries = self.let_in = 0

    def is_let_in(self) -> bool:
        return is_let_in(self.device, self.device.login())

    def run(self) -> None:
        while not self.settle.wait(0.3):
            self.tries += 1
            self.let_in += self.is_let_in()
