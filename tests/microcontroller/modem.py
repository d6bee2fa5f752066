"""The host's side of the modem of tests/microcontroller/firmware/modem.c: MQTT and TLS, for a board that has neither."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path
from typing import BinaryIO

from wire import Login, Wire, WireError

NETWORK, LOGIN_REFUSED = 0, 1  # enum lk_reason


class Modem:
    """Carries out commands until the board has no power: then its connection is lost without a word. The dates of the broker's
    certificate are always checked, even if the board has no time for it."""

    def __init__(self, commands: BinaryIO, events: BinaryIO, folder: Path) -> None:
        self._commands, self._events, self._folder = commands, events, folder
        self._wire: Wire | None = None
        self._happened: deque[tuple[bytes, ...]] = deque()

    def serve(self) -> None:
        with self._commands, self._events:
            while head := self._commands.read(2):
                self._carry_out(head[:1], [self._take_item() for _ in range(head[1])])
        self._drop()

    def _take_item(self) -> bytes:
        return self._commands.read(int.from_bytes(self._commands.read(2), "big"))

    def _carry_out(self, command: bytes, items: list[bytes]) -> None:
        try:
            match command:
                case b"C":
                    self._connect(*items)
                case b"S":
                    self._subscribe(items[0].decode())
                case b"P":
                    self._publish(*items)
                case b"D":
                    self._close()
                case b"W":
                    self._send(self._next_event(int(items[0]) / 1000))
        except WireError:
            self._lose(NETWORK)

    def _send(self, event: tuple[bytes, ...]) -> None:
        kind, *items = event
        try:
            self._events.write(kind + b"".join(len(item).to_bytes(2, "big") + item for item in items))
        except BrokenPipeError:  # no power: the end of the commands follows
            pass

    # --- commands

    def _connect(self, host: bytes, port: bytes, client_id: bytes, username: bytes, password: bytes, certificates: bytes,
                 key: bytes, anchors: bytes, will_topic: bytes, will: bytes) -> None:
        login = Login(self._file("anchors.pem", anchors), username.decode(), password.decode())
        if key:
            login = Login(login.ca, certificate=self._file("certificates.pem", certificates), key=self._file("key.pem", key))
        try:
            self._wire = Wire(f"mqtts://{host.decode()}:{port.decode()}", client_id.decode(), login,
                              will=(will_topic.decode(), will) if will_topic else None)
            self._happened.append((b"c",))
        except WireError as error:
            self._lose(LOGIN_REFUSED if str(error).startswith("CONNECT") else NETWORK)

    def _file(self, name: str, content: bytes) -> Path:
        path = self._folder / name
        path.write_bytes(content)
        return path

    def _subscribe(self, topic: str) -> None:
        try:
            self._open_wire().subscribe(topic)
            self._happened.append((b"s", b"1"))
        except WireError as error:
            if "refused" not in str(error):
                raise
            self._happened.append((b"s", b"0"))

    def _publish(self, number: bytes, topic: bytes, payload: bytes) -> None:
        self._open_wire().publish(topic.decode(), payload)
        self._happened.append((b"p", number))

    def _close(self) -> None:
        if self._wire:
            self._wire.close()
        self._wire = None
        self._happened.clear()

    # --- events

    def _next_event(self, limit_s: float) -> tuple[bytes, ...]:
        if self._happened:
            return self._happened.popleft()
        if not self._wire:
            threading.Event().wait(limit_s)
        elif message := self._wire.receive(limit_s):
            return b"m", message.topic.encode(), message.payload
        elif self._wire.is_lost(0):
            self._lose(NETWORK)
        return (b"n",)

    def _open_wire(self) -> Wire:
        if not self._wire:
            raise WireError("there is no connection")
        return self._wire

    def _lose(self, reason: int) -> None:
        self._drop()
        self._happened.clear()
        self._happened.append((b"d", b"%d" % reason))

    def _drop(self) -> None:
        if self._wire:
            self._wire.drop()
        self._wire = None
