"""A broker of MQTT 3.1.1 and 5 that acknowledges everything and passes nothing on: whoever has it decides what becomes of each
message. Logins, certificates of clients and QoS 0 mean nothing to it."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

TO_SERVICE = ("request", "status")
TO_DEVICE = ("response", "config")


@dataclass(frozen=True)
class Held:
    topic: str
    payload: bytes

    @property
    def kind(self) -> str:
        return self.topic.rpartition("/")[2]

    @property
    def device_id(self) -> str:
        return self.topic.split("/")[-2]


@dataclass(eq=False)
class Client:
    name: str
    version: int
    will: Held | None
    writer: asyncio.StreamWriter
    filters: list[str] = field(default_factory=list)
    last_id: int = 0

    def send(self, first: int, body: bytes) -> None:
        self.writer.write(bytes([first]) + _varint(len(body)) + body)

    def deliver(self, message: Held) -> None:
        self.last_id = self.last_id % 65535 + 1
        head = _text(message.topic) + self.last_id.to_bytes(2, "big") + (b"\0" if self.version == 5 else b"")
        self.send(0x32, head + message.payload)

    def hears(self, topic: str) -> bool:
        return any(_matches(each, topic) for each in self.filters)


class HostileBroker:
    """Listens on `ports` from its start to its close. All but these two runs on its own thread: `call` gets there."""

    def __init__(self, ports: tuple[int, ...], pki: Path, on_message: Callable[[Held], None]) -> None:
        self.held: list[Held] = []
        self.seen: deque[Held] = deque(maxlen=4000)
        self.clients: list[Client] = []
        self.refuses = 0  # so many of the next connections
        self._on_message = on_message
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(pki / "broker.pem", pki / "broker-key.pem")
        self._tls.load_verify_locations(pki / "device-ca.pem")
        self._tls.verify_mode = ssl.CERT_OPTIONAL  # as the real one asks for it
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers = [asyncio.run_coroutine_threadsafe(asyncio.start_server(
            self._serve, "127.0.0.1", port, ssl=self._tls), self._loop).result(10) for port in ports]

    def call(self, what: Callable[[], None]) -> None:
        """Done when it returns."""
        async def run() -> None:
            what()
        asyncio.run_coroutine_threadsafe(run(), self._loop).result(30)

    def close(self) -> None:
        """It lets go: the ports are free, and all connections have ended."""
        async def end() -> None:
            for server in self._servers:
                server.close()
            for client in list(self.clients):
                self.cut(client)
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        asyncio.run_coroutine_threadsafe(end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # --- on its thread

    def cut(self, client: Client) -> None:
        client.writer.transport.abort()

    def deliver(self, message: Held) -> None:
        for client in self.clients:
            if client.hears(message.topic):
                client.deliver(message)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = None
        with suppress(asyncio.IncompleteReadError, OSError):
            client = _connected(await _packet(reader), writer)
            if self.refuses > 0:
                self.refuses -= 1
                client.send(0x20, b"\0\x87\0" if client.version == 5 else b"\0\x05")
                await writer.drain()
                writer.close()
                return
            client.send(0x20, b"\0\0\0" if client.version == 5 else b"\0\0")
            self.clients.append(client)
            while self._take(client, *await _packet(reader)):
                pass
        if client in self.clients:
            self.clients.remove(client)
            if client.will:
                self._hold(client.will)
        writer.close()

    def _take(self, client: Client, first: int, body: bytes) -> bool:
        """False at its goodbye."""
        v5 = client.version == 5
        match first >> 4:
            case 3:
                self._published(client, first, Reader(body))
            case 8:
                packet = Reader(body)
                packet_id = packet.take(2)
                if v5:
                    packet.take(packet.varint())
                count = len(client.filters)
                while packet.left():
                    client.filters.append(packet.text())
                    packet.take(1)
                client.send(0x90, packet_id + (b"\0" if v5 else b"") + b"\1" * (len(client.filters) - count))
            case 10:
                client.filters.clear()
                client.send(0xB0, body[:2] + (b"\0\0" if v5 else b""))
            case 12:
                client.send(0xD0, b"")
            case 14:
                client.will = None
                return False
        return True

    def _published(self, client: Client, first: int, packet: Reader) -> None:
        topic = packet.text()
        if first & 6:
            client.send(0x40, packet.take(2))
        if client.version == 5:
            packet.take(packet.varint())
        self._hold(Held(topic, packet.rest()))

    def _hold(self, message: Held) -> None:
        if message.device_id == "@" or message.kind not in TO_SERVICE + TO_DEVICE:
            return  # the service's own: it measures the age of messages by them
        self._on_message(message)
        self.seen.append(message)
        self.held.append(message)


class Reader:
    """The bytes of a packet, from the first to the last."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        self._at += count
        return self._data[self._at - count:self._at]

    def rest(self) -> bytes:
        return self.take(self.left())

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def data(self) -> bytes:
        return self.take(self.number(2))

    def text(self) -> str:
        return self.data().decode()

    def varint(self) -> int:
        value = shift = 0
        while (byte := self.number(1)) & 0x80:
            value, shift = value | (byte & 0x7F) << shift, shift + 7
        return value | byte << shift


def _connected(packet: tuple[int, bytes], writer: asyncio.StreamWriter) -> Client:
    body = Reader(packet[1])
    body.text()
    version, flags, _ = body.number(1), body.number(1), body.number(2)
    if version == 5:
        body.take(body.varint())
    name, will = body.text(), None
    if flags & 4:
        if version == 5:
            body.take(body.varint())
        will = Held(body.text(), body.data())
    return Client(name, version, will, writer)


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first = (await reader.readexactly(1))[0]
    size = shift = 0
    while (byte := (await reader.readexactly(1))[0]) & 0x80:
        size, shift = size | (byte & 0x7F) << shift, shift + 7
    return first, await reader.readexactly(size | byte << shift)


def _varint(number: int) -> bytes:
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])


def _text(text: str) -> bytes:
    return len(text.encode()).to_bytes(2, "big") + text.encode()


def _matches(wanted: str, topic: str) -> bool:
    """Whether a filter, shared or not, has the topic."""
    levels = wanted.split("/")
    if levels[0] == "$share":
        levels = levels[2:]
    return len(levels) == topic.count("/") + 1 and all(a in ("+", b) for a, b in zip(levels, topic.split("/")))
