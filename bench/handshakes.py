"""Processor time of the broker for a TLS connection, from the handshake to DISCONNECT: of a client with a password, and of a
device with its certificate. On a stack as shipped, because the bench's has no TLS."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

from foreign_device import Device, Place, SymmetricKey
from mosquitto import Broker
from processes import cpu_s
from stack import Stack
from wire import Login, Wire

WARM = 20


def handshakes(folder: Path, binary: Path, connections: int) -> dict[str, float]:
    """Microseconds: {"server": ..., "mutual": ...}"""
    stack = Stack(folder, binary)
    try:
        stack.start()
        device = _ready_device(stack, folder)
        password = stack.broker.password_file("admin").read_text().strip()
        anchors = stack.pki / "server-ca.pem"
        kinds = {"server": (_url(stack.broker.bootstrap_port), "@bench", Login(anchors, "@admin", password)),
                 "mutual": (_url(stack.broker.device_port), device.device_id, device.login())}
        return {kind: _broker_us(stack.mosquitto.pid, connections, *how) for kind, how in kinds.items()}
    finally:
        stack.stop()


def _ready_device(stack: Stack, folder: Path) -> Device:
    key, file = secrets.token_bytes(32), folder / "device.key"
    file.write_bytes(base64.b64encode(key) + b"\n")
    stack.latchkey("enroll", "device", "bench", "--key-file", str(file))
    device = Device("bench", SymmetricKey(key), Place.of(stack.environment), folder)
    device.provision()
    device.become_ready()
    return device


def _url(port: int) -> str:
    return f"mqtts://localhost:{port}"


def _broker_us(pid: int | None, connections: int, url: str, client_id: str, login: Login) -> float:
    assert pid
    for _ in range(WARM):
        Wire(url, client_id, login).close()
    before = cpu_s(pid)
    for _ in range(connections):
        Wire(url, client_id, login).close()
    return (cpu_s(pid) - before) * 1e6 / connections
