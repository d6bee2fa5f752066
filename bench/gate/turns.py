"""The processor time that a broker takes for a message, with the gate and with an acl_file: two real Mosquittos with the
configurations of deploy/mosquitto, which take turns. `./dev bench --gate` runs it."""

from __future__ import annotations

import statistics
import sys
import unittest
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "integration"))

from gate_case import GateTest  # noqa: E402

from account import give  # noqa: E402
from bars import report  # noqa: E402
from gate_broker import GateBroker  # noqa: E402
from mosquitto import Broker  # noqa: E402
from ports import free_port  # noqa: E402
from wire import Login, Wire  # noqa: E402

DEVICES = 50  # that speak
OTHERS = 20_000  # with rights, of which the gate was told
TURNS = 60  # of each broker
BATCHES, BATCH = 4, 10  # of each device in a turn, and back
LINES_A_MESSAGE = 24
PAYLOAD = b"x" * 60
LIMIT_S = 10.0
RIGHTS = "t 1 0a1b2c3d p:plant/${device_id}/telemetry/# s:plant/${device_id}/commands/#"
# The same for every device of an acl_file.
LINES = "pattern write plant/%u/telemetry/#\npattern read plant/%u/commands/#\n"


class AclBroker(Broker):
    """deploy/mosquitto/mosquitto.conf without the plugin."""

    def configure(self, pki: Path) -> None:
        super().configure(pki)
        lines = [line for line in self.configuration.read_text().splitlines() if not line.startswith("plugin")]
        self._write(self.configuration, "\n".join(lines) + "\n")
        acl = self.folder / "mosquitto.acl"
        self._write(acl, acl.read_text() + LINES)


def packet(topic: str, number: int) -> bytes:
    """PUBLISH of MQTT 3.1.1 with QoS 1; shorter than 128 bytes."""
    rest = len(topic).to_bytes(2, "big") + topic.encode() + number.to_bytes(2, "big") + PAYLOAD
    assert len(rest) < 128
    return bytes((0x32, len(rest))) + rest


def receive(wire: Wire, size: int) -> None:
    """So many bytes, whatever they say: their number is known."""
    connection = wire._client.socket()
    connection.settimeout(LIMIT_S)
    while size > 0:
        found = connection.recv(min(size, 65536))
        assert found, "the broker ended the connection"
        size -= len(found)
    assert size == 0


def send(wire: Wire, packets: bytes) -> None:
    connection = wire._client.socket()
    connection.settimeout(LIMIT_S)
    connection.sendall(packets)


def processor_us(broker: Broker) -> float:
    """Of all its threads; in nanoseconds where /proc/PID/stat has hundredths of a second."""
    tasks = Path(f"/proc/{broker.daemon.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1000


@dataclass
class Place:
    """A broker with the devices and the platform connected."""

    broker: Broker
    devices: dict[str, Wire]
    platform: Wire

    def turn(self) -> float:
        """Microseconds of the broker for each message: telemetry to the platform, and commands to the devices."""
        before = processor_us(self.broker)
        for _ in range(BATCHES):
            for name, wire in self.devices.items():
                send(wire, b"".join(packet(f"plant/{name}/telemetry/temperature", n) for n in range(1, BATCH + 1)))
            for name, wire in self.devices.items():
                receive(wire, 4 * BATCH)
                receive(self.platform, BATCH * self._size(f"plant/{name}/telemetry/temperature"))
            for name in self.devices:
                send(self.platform, b"".join(packet(f"plant/{name}/commands/set", n) for n in range(1, BATCH + 1)))
                receive(self.platform, 4 * BATCH)
            for name, wire in self.devices.items():
                receive(wire, BATCH * self._size(f"plant/{name}/commands/set"))
        return (processor_us(self.broker) - before) / (2 * BATCHES * BATCH * len(self.devices))

    def _size(self, topic: str) -> int:
        """Of the delivered message: its subscriber asked for QoS 0."""
        return 2 + 2 + len(topic) + len(PAYLOAD)


class Turns(GateTest):
    make_broker = GateBroker

    def setUp(self) -> None:
        super().setUp()
        folder = self.folder / "acl"
        folder.mkdir()
        give(folder)
        self.plain = AclBroker(folder, free_port(), free_port(), True)
        self.plain.configure(self.folder)
        self.plain.daemon.start()
        self.addCleanup(self.plain.daemon.stop)

    def tell(self, names: list[str]) -> None:
        self.commander.say(RIGHTS)
        for start in range(0, len(names), LINES_A_MESSAGE):
            self.commander.say(*(f"r 1 {name} 0a1b2c3d" for name in names[start:start + LINES_A_MESSAGE]))

    def place(self, broker: Broker, logins: dict[str, Login]) -> Place:
        devices = {name: self.kept(Wire(f"mqtts://localhost:{broker.device_port}", name, login, version=4)) for name, login in logins.items()}
        for name, wire in devices.items():
            self.subscribe(wire, f"plant/{name}/commands/#")
        account = Login(self.servers.pem, "@platform", broker.password_file("platform").read_text().strip())
        platform = self.kept(Wire(f"mqtts://localhost:{broker.bootstrap_port}", "@platform", account, version=4))
        self.subscribe(platform, "plant/+/telemetry/#")
        return Place(broker, devices, platform)

    def subscribe(self, wire: Wire, topic: str) -> None:
        """With QoS 0, so that nothing that is delivered has to be acknowledged."""
        wire._client.subscribe(topic, qos=0)
        self.assertEqual(wire._await("SUBSCRIBE"), 0)

    def test_a_message_costs_the_broker_little_more_with_the_gate(self) -> None:
        names = [f"m-5f1c7c1e-{n:06d}-4f6b-9b1f" for n in range(DEVICES)]
        self.tell(names + [f"r-5f1c7c1e-{n:06d}-4f6b-9b1f" for n in range(OTHERS)])
        logins = {name: self.certificate(name) for name in names}
        gate, plain = self.place(self.broker, logins), self.place(self.plain, logins)
        for place in (gate, plain):
            place.turn()  # warms up
        costs = [(gate.turn(), plain.turn()) if n % 2 else (plain.turn(), gate.turn())[::-1] for n in range(TURNS)]
        with_gate, with_file = (statistics.median(column) for column in zip(*costs, strict=True))
        ratio = statistics.median(gated / filed for gated, filed in costs)
        print(f"processor time of the broker for a message, {TURNS} turns of {2 * BATCHES * BATCH * DEVICES}: {with_gate:.1f} us with "
              f"the gate, {with_file:.1f} us with an acl_file")
        self.assertTrue(report("the broker's time for a message, of with an acl_file", ratio, "", 1.1))


if __name__ == "__main__":
    unittest.main(verbosity=0)
