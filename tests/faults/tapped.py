"""Stacks whose traffic is heard: by an account that may read all that the broker passes on."""

from __future__ import annotations

import base64
import binascii
import threading
import time
from pathlib import Path

from gate_broker import GateBroker
from mosquitto import Broker
from stack import GateStack, Stack
from wire import Login, Message, Wire, WireError

ACCOUNT = "tap"
END_LIMIT_S = 15


class Tapped(Broker):
    accounts = (*Broker.accounts, ACCOUNT)

    def configure(self, pki: Path) -> None:
        super().configure(pki)
        rights = self.folder / "mosquitto.acl"
        self._write(rights, rights.read_text() + f"\nuser @{ACCOUNT}\ntopic readwrite #\n")


class TappedGateBroker(Tapped, GateBroker):
    pass


class TappedBroker(Tapped):
    pass


class GateWorldStack(GateStack):
    """What a campaign has, unless it needs another one."""

    broker_kind = TappedGateBroker


class PluginWorldStack(Stack):
    """The broker has dynamic-security instead of the gate."""

    make_broker = TappedBroker


class Tap(threading.Thread):
    """Hears everything, whenever the broker runs. What was said is kept in `file`, what is in a JWS also decoded."""

    MARK = b"marked "

    def __init__(self, stack: Stack, file: Path) -> None:
        super().__init__(name="tap", daemon=True)
        self.file = file
        self.file.touch()
        self.marked: list[tuple[str, str]] = []  # topics and payloads that have MARK at their beginning
        self._url = f"mqtts://localhost:{stack.broker.bootstrap_port}"
        self._login = Login(stack.pki / "server-ca.pem", f"@{ACCOUNT}", stack.broker.password_file(ACCOUNT).read_text().strip())
        self._ends = threading.Event()

    def run(self) -> None:
        while not self._ends.is_set():
            try:
                with self.connection("@tap") as wire:
                    wire.subscribe("#")
                    self._listen(wire)
            except (WireError, OSError):
                time.sleep(0.2)

    def connection(self, client_id: str) -> Wire:
        return Wire(self._url, client_id, self._login)

    def _listen(self, wire: Wire) -> None:
        with self.file.open("ab", buffering=0) as file:
            while not self._ends.is_set():
                if message := wire.receive(0.5):
                    self._hear(message)
                    file.write(b"%s %s\n" % (message.topic.encode(), message.payload) + decoded(message.payload))
                elif wire.is_lost(0):
                    return

    def _hear(self, message: Message) -> None:
        if message.payload.startswith(self.MARK):
            self.marked.append((message.topic, message.payload.decode()))

    def end(self) -> None:
        self._ends.set()
        self.join(END_LIMIT_S)


def decoded(payload: bytes) -> bytes:
    """What a JWS says, as a line."""
    parts = payload.split(b".")
    if len(parts) != 3:
        return b""
    try:
        return b"  says " + base64.urlsafe_b64decode(parts[1] + b"==") + b"\n"
    except binascii.Error:
        return b""
