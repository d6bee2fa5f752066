"""What a campaign has to do with: a stack with the gate, two replicas, each part of which may be killed, a fleet."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import secrets
import select
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cryptography import x509

import processes
from account import give
from daemon import Daemon, StackError, clean_environment
from fleet import BLOCKED, REVOKED, Fleet
from gate_broker import GateBroker
from outlaw import Outlaw
from ports import free_port
from postgres import SUPERUSER, binaries
from stack import Stack, within
from tapped import GateWorldStack, Tap
from trespasser import Trespasser
from wire import WireError

END_LIMIT_S = 30
EACH_RESET = 9  # of the operator's acts
COMES_BACK_S = 60
POINT = re.compile(r'\bfailpoint\("(\w+)"\)')
ROOT = Path(__file__).resolve().parents[2]


class World:
    """`points`: the fail-points at which its devices crash."""

    def __init__(self, folder: Path, binary: Path, seed: int, kind: type[Stack] = GateWorldStack,
                 points: Sequence[str] = ()) -> None:
        self.folder, self.seed, self.points = folder, seed, points
        self.crl = folder / "crl" / "devices.crl"
        self.stack = kind(folder, binary, settings={"crl": {"file": str(self.crl)}})
        self.kills: dict[str, int] = {}
        self.spent: list[str] = []  # passwords and keys that were replaced
        self.footprints: dict[str, Footprint] = {}
        self.http_ports: dict[str, int] = {}
        self.services: list[Daemon] = []
        self.fleet: Fleet
        self.tap: Tap
        self.trespasser: Trespasser
        self.outlaw: Outlaw

    def start(self) -> None:
        self.crl.parent.mkdir(exist_ok=True)
        give(self.crl.parent)
        self.stack.start()
        replica = self.stack.replica("replica")
        port = free_port()
        replica.environment["LATCHKEY_HTTP_LISTEN"] = f"127.0.0.1:{port}"
        self.services = [self.stack.service, replica]
        self.http_ports = {"service": self.stack.http_port, "replica": port}
        replica.start()
        self.fleet = Fleet(self.stack, self.folder, self.seed, self.points)
        self.operator = Operator(self)
        self.fleet.start()
        self.tap = Tap(self.stack, self.folder / "traffic")
        self.trespasser = Trespasser(self.fleet)
        self.outlaw = Outlaw(self.fleet)
        for each in (self.operator, self.tap, self.trespasser, self.outlaw):
            each.start()

        self.device_cas = [self.stack.pki / "device-ca.pem"]  # all that it ever had

    def stop(self) -> None:
        if hasattr(self, "fleet"):
            self.fleet.settle.set()
            self.fleet.kill()
        if hasattr(self, "tap"):
            self.tap.end()
        for service in self.services[1:]:
            service.stop()
        self.stack.stop()

    # --- what a campaign does

    def kill(self, name: str, service: Daemon) -> None:
        """kill -9; of the database, all of its processes."""
        self.kills[name] = self.kills.get(name, 0) + 1
        if name == "database":
            kill_all(self.stack.postgres)
        else:
            {"broker": self.stack.mosquitto, "service": service}[name].kill()

    def start_again(self, name: str, service: Daemon) -> None:
        daemon = {"database": self.stack.postgres, "broker": self.stack.mosquitto, "service": service}[name]
        daemon.spawn()
        daemon.await_ready(COMES_BACK_S)

    @property
    def has_gate(self) -> bool:
        return isinstance(self.stack.broker, GateBroker)

    @property
    def gate_state(self) -> Path:
        """The folder of the gate's journal."""
        assert isinstance(self.stack.broker, GateBroker)
        return self.stack.broker.gate_state

    def lose_gate_state(self) -> None:
        """The gate's journal is gone, so that it has to be told everything again."""
        self.stack.mosquitto.kill()
        shutil.rmtree(self.gate_state)
        self.stack.mosquitto.start()

    def await_ready(self) -> None:
        """Each replica says that requests are served."""
        for service in self.services:
            within(COMES_BACK_S, f"{service.name} is ready", lambda: self._is_ready(self.http_ports[service.name]))

    def _is_ready(self, port: int) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        return False

    # --- what the checker asks

    def query(self, sql: str) -> list[dict[str, Any]]:
        return json.loads(self.stack.sql(f"SELECT coalesce(json_agg(r), '[]') FROM ({sql}) r"))

    def dump(self) -> Path:
        """All of the registry, as pg_dump writes it."""
        cluster, file = self.stack.cluster, self.folder / "registry.sql"
        result = subprocess.run([str(binaries() / "pg_dump"), "-h", "127.0.0.1", "-p", str(cluster.port), "-U", SUPERUSER,
                                 "-f", str(file), "latchkey"], capture_output=True, text=True,
                                env=clean_environment({"PGPASSWORD": cluster.superuser_password}))
        if result.returncode != 0:
            raise StackError(f"pg_dump failed: {result.stderr}")
        return file

    def remember_footprints(self) -> None:
        """Of the processes as they are now, to be compared at the end with those that still run."""
        for service in self.services:
            self.footprints[service.name] = Footprint(service)


class Footprint:
    """What a process has of the system."""

    def __init__(self, daemon: Daemon) -> None:
        if (pid := daemon.pid) is None:
            raise StackError(f"{daemon.name} does not run")
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
        self.pid = pid
        self.memory_kb = int(status["VmRSS"].split()[0])
        self.threads = int(status["Threads"])
        self.descriptors = len(os.listdir(f"/proc/{pid}/fd"))


class Operator(threading.Thread):
    """Blocks a device and lets it in again, all the time: so that the gate and the CRL have something to learn."""

    def __init__(self, world: World) -> None:
        super().__init__(name="operator", daemon=True)
        self.world = world
        self.device = world.fleet.witness(BLOCKED)
        self.device.provision()
        self.certificate = world.fleet.witness(REVOKED)
        self.certificate.provision()
        self.acts = 0
        self.is_over = False
        self.rest_s = 0.5  # between two acts
        self.revoked: list[int] = []  # serial numbers of certificates

    def run(self) -> None:
        settle = self.world.fleet.settle
        while not settle.wait(self.rest_s):
            with contextlib.suppress(StackError, WireError, TimeoutError, OSError):  # a part is away
                if self.acts % EACH_RESET == EACH_RESET - 1:
                    self.replace_certificate()
                else:
                    act = "enable_device" if self.acts % 2 else "disable_device"
                    self.world.stack.sql(f"SELECT registry.{act}('{BLOCKED}', 'act {secrets.token_hex(4)}')")
                self.acts += 1

    def replace_certificate(self) -> None:
        """It gets another one, which is then revoked by a reset, so that it is on the CRL."""
        self.certify()
        self.world.stack.sql(f"SELECT registry.reset('{REVOKED}', 'act {secrets.token_hex(4)}')")
        self.revoked.append(x509.load_der_x509_certificate(self.certificate.leaf).serial_number)

    def certify(self) -> None:
        self.certificate.request_id = secrets.token_urlsafe(16)
        if self.certificate.provision()["status"] != "accepted":
            raise StackError(f"{REVOKED} got no certificate")

    def block(self) -> None:
        """The last acts, once all is up again."""
        if self.is_over:
            return
        self.is_over = True
        self.join(END_LIMIT_S)
        self.replace_certificate()
        self.certify()
        self.world.stack.sql(f"SELECT registry.disable_device('{BLOCKED}', 'the end')")
        self.world.stack.sql(f"SELECT registry.revoke('{REVOKED}', 'the end')")


def kill_all(daemon: Daemon) -> None:
    """The process and its children, and waits until they are gone."""
    opened = []
    for each in family(daemon):
        with contextlib.suppress(ProcessLookupError):
            opened.append(os.pidfd_open(each))
    for process in opened:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(process, signal.SIGKILL)
    for process in opened:
        select.select([process], [], [], END_LIMIT_S)
        os.close(process)
    daemon.kill()  # forgets it


def family(daemon: Daemon) -> list[int]:
    """Its pid and those of its children."""
    pid = daemon.pid
    return [] if pid is None else processes.family(pid)


@contextlib.contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Nothing can be made or removed in it, by the stack's account."""
    mode = folder.stat().st_mode
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(mode)


def fail_points(room: str) -> list[str]:
    """The names of all fail-points below a folder."""
    found = {name for path in (ROOT / room).rglob("*.cpp") for name in POINT.findall(path.read_text())}
    return sorted(found)
