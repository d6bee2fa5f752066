"""An MQTT connection whose every step is waited for: CONNACK, SUBACK, PUBACK, the next message."""

from __future__ import annotations

import select
import socket
import ssl
import time
import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

STEP_LIMIT_S = 10.0


class WireError(Exception):
    """The broker refused something, or was not there in time."""


@dataclass(frozen=True)
class Login:
    """Who connects: an account with a password, or a certificate."""

    ca: Path
    username: str = ""
    password: str = ""
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True)
class Message:
    topic: str
    payload: bytes
    content_type: str | None = None
    correlation: bytes | None = None


def new_client(client_id: str, version: int, clean: bool = True) -> paho.Client:
    """Paho 1 (Debian 12) and 2 (Debian 13) take different arguments; the callbacks of 1 exist in both."""
    arguments: dict[str, Any] = {"client_id": client_id, "protocol": version}
    if hasattr(paho, "CallbackAPIVersion"):
        arguments["callback_api_version"] = paho.CallbackAPIVersion.VERSION1
    if version != paho.MQTTv5:
        arguments["clean_session"] = clean
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return paho.Client(**arguments)


def _await(connection: socket.socket, writes: bool, limit_s: float) -> int:
    """What the connection is ready for: 0 when it was for nothing in time. poll: select knows only the first 1,024 files."""
    poll = select.poll()
    poll.register(connection, select.POLLIN | (select.POLLOUT if writes else 0))
    return next((events for _, events in poll.poll(limit_s * 1000)), 0)


class Wire:
    """Connected once made; never again by itself when it is lost. It has no thread: whatever is waited for turns the
    client's wheel until then. Use it as a context: it disconnects at the end."""

    def __init__(self, url: str, client_id: str, login: Login, version: int = paho.MQTTv5,
                 will: tuple[str, bytes] | None = None, clean: bool = True, expiry_s: int | None = None) -> None:
        """`clean`: of MQTT 3.1.1; if not, the session outlives the connection. `expiry_s`: of MQTT 5; a session outlives
        the connection for so long, and one that is there is continued."""
        self._expiry_s = expiry_s
        self.is_continued = False
        self._messages: deque[Message] = deque()
        self._answers: deque[Any] = deque()  # to the one packet that is waited for: CONNACK, SUBACK or PUBACK; with QoS 0, that it was sent
        self._is_lost = False
        self._client = new_client(client_id, version, clean)
        self._client.tls_set(str(login.ca), *(str(path) if path else None for path in (login.certificate, login.key)),
                             tls_version=ssl.PROTOCOL_TLS_CLIENT)
        if login.username:
            self._client.username_pw_set(login.username, login.password)
        if will:
            self._client.will_set(*will, qos=1)
        self._set_callbacks()
        self._connect(url)

    def _set_callbacks(self) -> None:
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda _client, _data, _mid, codes, *_: self._answers.append(codes[0])
        self._client.on_publish = lambda _client, _data, mid, *_: self._answers.append(mid)
        self._client.on_message = lambda _client, _data, message: self._messages.append(Message(
            message.topic, message.payload, getattr(getattr(message, "properties", None), "ContentType", None),
            getattr(getattr(message, "properties", None), "CorrelationData", None)))

    def _on_connect(self, _client: object, _data: object, flags: dict[str, int], code: Any, *_: object) -> None:
        self.is_continued = bool(flags["session present"])
        self._answers.append(code)

    def _session(self) -> dict[str, Any]:
        if self._expiry_s is None:
            return {}
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = self._expiry_s
        return {"clean_start": False, "properties": properties}

    def _connect(self, url: str) -> None:
        where = urlsplit(url)
        assert where.hostname and where.port
        try:
            self._client.connect(where.hostname, where.port, **self._session())
            self._client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            raise WireError(f"no connection to {url}: {error}") from error
        code = self._await("CONNECT")
        if int(getattr(code, "value", code)) != 0:
            self.close()
            raise WireError(f"CONNECT was refused: {code}")

    # --- the wheel

    def _turn(self, limit_s: float) -> bool:
        """Waits for the socket and does what there is to do; False when there was nothing in time."""
        connection = self._client.socket()
        if connection is None:
            self._is_lost = True
            return False
        # What TLS has decrypted already the kernel does not know of.
        ready = select.POLLIN if connection.pending() else _await(connection, self._client.want_write(), limit_s)
        try:
            if ready & ~select.POLLOUT:
                self._client.loop_read()
            if ready & select.POLLOUT:
                self._client.loop_write()
            self._client.loop_misc()
        except OSError:  # a TLS alert, for one
            self._is_lost = True
        return bool(ready)

    def _until(self, done: Callable[[], object], limit_s: float) -> bool:
        """Turns until it is done, the connection is lost or the time is over. Without time: all that is there already."""
        deadline = time.monotonic() + limit_s
        while not done() and not self._is_lost:
            left = max(deadline - time.monotonic(), 0)
            if not self._turn(left) and left == 0:
                break
        return bool(done())

    def _await(self, what: str) -> Any:
        if self._until(lambda: self._answers, STEP_LIMIT_S):
            return self._answers.popleft()
        if self._is_lost and self._client.socket():
            self._client.socket().close()
        raise WireError(f"{what}: the broker closed the connection" if self._is_lost else f"{what} was not answered")

    # --- what one does with it

    def subscribe(self, topic: str) -> None:
        self._client.subscribe(topic, qos=1)
        code = self._await("SUBSCRIBE")
        if int(getattr(code, "value", code)) >= 0x80:
            raise WireError(f"SUBSCRIBE was refused: {code}")

    def publish(self, topic: str, payload: bytes, retain: bool = False, correlation: bytes | None = None,
                expiry_s: int | None = None) -> None:
        properties = None
        if correlation is not None or expiry_s is not None:
            properties = Properties(PacketTypes.PUBLISH)
        if correlation is not None:
            properties.CorrelationData = correlation
        if expiry_s is not None:
            properties.MessageExpiryInterval = expiry_s
        self._client.publish(topic, payload, qos=1, retain=retain, properties=properties)
        self._await(f"PUBLISH to {topic}")

    def post(self, topic: str, payload: bytes) -> None:
        """Sends it (QoS 0): nobody says that it arrived."""
        self._client.publish(topic, payload, qos=0)
        self._await(f"sending to {topic}")

    def receive(self, limit_s: float = STEP_LIMIT_S) -> Message | None:
        """The next message, or None when there was none in time (or the connection is gone)."""
        return self._messages.popleft() if self._until(lambda: self._messages, limit_s) else None

    def is_lost(self, limit_s: float = STEP_LIMIT_S) -> bool:
        """Whether the connection ends within this time."""
        self._until(lambda: self._is_lost, limit_s)
        return self._is_lost

    def drop(self) -> None:
        """Goes without a word, as in a power cut: the broker sends the will."""
        if connection := self._client.socket():  # else it is lost already
            connection.close()
        self._is_lost = True

    def close(self) -> None:
        if not self._is_lost:
            self._client.disconnect()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
