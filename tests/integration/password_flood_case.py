"""One device with a good key asks for one password after the other, under dynamic-security or with the gate."""

from __future__ import annotations

import itertools
import json
import secrets
import statistics
import time
from pathlib import Path

from access_case import AccessTest
from flood import Flood

from foreign_device import Device, Session
from gate_broker import GateBroker
from mosquitto import Broker
from stack import Stack

PER_SECOND = 200
# At the broker: two that live, and what each replica served in two looks at the broker's list.
MOST_OF_A_REPLICA = 2 * 4
MOST_LOGINS = 2 + MOST_OF_A_REPLICA


class SmallPackets(Broker):
    """It disconnects whoever sends more than 4 KiB at once."""

    def configure(self, pki: Path) -> None:
        super().configure(pki)
        text = self.configuration.read_text()
        self.configuration.write_text(text.replace("max_packet_size 32768", "max_packet_size 4096"))


class SmallPacketsAtTheGate(SmallPackets, GateBroker):
    pass


class PasswordFlood(AccessTest):
    kind: type[Broker] = SmallPackets

    @classmethod
    def prepare(cls, stack: Stack) -> None:
        stack.make_broker = cls.kind

    def attack(self) -> tuple[Device, Flood]:
        """Each request has an id of its own, so each asks for a password of its own, and its group gives them all."""
        self.stack.sql("SELECT registry.set_group_policy('meters', '{\"credentials_per_hour\": 1000000}', 'why')")
        device = self.enrolled(f"{self.name[:40]}-hostile", "--group", "meters", wants="password")
        messages = (device.message(request_id=secrets.token_urlsafe(16)) for _ in itertools.count())
        return device, Flood(device.bootstrap(), device.topic("request"), messages, PER_SECOND)

    def sessions(self, count: int) -> list[Session]:
        """Of devices with certificates and with passwords in turn."""
        return [self.session(self.provisioned(f"{self.name[:40]}-{n}", wants="password" if n % 2 else "x509"))
                for n in range(count)]

    def revoke(self, session: Session) -> float:
        """Seconds until it ended."""
        return self.cut_off_after(session, f"revoke('{session.device.device_id}', 'stolen')")

    def use_a_password(self, name: str) -> float:
        """Seconds until another device has one and was let in by it."""
        device = self.enrolled(f"{self.name[:40]}-{name}", "--group", "meters", wants="password")
        begin = time.monotonic()
        self.assert_accepted(device.provision())
        self.connection(device).close()
        return time.monotonic() - begin

    def logins_at_the_broker(self, device: Device) -> int:
        """As the plugin's file has them; it is written in place, so a look may find half of it."""
        while True:
            try:
                content = json.loads((self.stack.broker.state / "dynamic-security.json").read_text())
            except ValueError:
                continue
            return sum(client["username"].startswith(device.device_id + "@") for client in content["clients"])

    def granted(self, device: Device) -> int:
        return int(self.stack.cluster.sql(f"SELECT count(*) FROM registry.credential WHERE device_id = '{device.device_id}'"))

    def tell(self, what: str, took: list[float]) -> None:
        took.sort()
        print(f"{what}: {statistics.median(took) * 1000:.0f} ms in the middle, {took[-1] * 1000:.0f} ms at most of {len(took)}",
              flush=True)
