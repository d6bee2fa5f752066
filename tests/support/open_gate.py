"""A broker with the gate, a port without TLS beside its own, and an account that is all devices at once: for bench/load.cpp."""

from __future__ import annotations

from pathlib import Path

from gate_broker import GateBroker
from ports import free_port
from stack import GateStack

BENCH_ACCOUNT = """
user @bench
topic write provisioning/v1/+/request
topic read provisioning/v1/+/response
topic write devices/+/status
topic read devices/+/config
"""


class OpenGateBroker(GateBroker):
    accounts = (*GateBroker.accounts, "bench")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.plain_port = free_port()

    def configure(self, pki: Path) -> None:
        super().configure(pki)
        self._write(self.configuration, f"{self.configuration.read_text()}\nlistener {self.plain_port} 127.0.0.1\n")
        acl = self.folder / "mosquitto.acl"
        self._write(acl, acl.read_text() + BENCH_ACCOUNT)


class OpenGateStack(GateStack):
    broker: OpenGateBroker
    broker_kind = OpenGateBroker
