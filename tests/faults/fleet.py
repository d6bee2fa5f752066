"""The fleet that lives while faults happen: devices of this project as processes, and the tests' own, which keep every
answer. Each asks for one credential after the other, until it is told to settle."""

from __future__ import annotations

import base64
import random
import secrets
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from daemon import StackError
from device_program import Reference
from foreign_device import Device, Place, SymmetricKey
from jose import Json, Refused
from running_device import RunningDevice
from stack import Stack
from wire import WireError

GROUP = "fleet"


@dataclass
class Witness(Device):
    """A device that remembers every accepted answer with what was sealed in it, and its last logins."""

    answers: list[tuple[Json, Json]] = field(default_factory=list)

    def keep(self, answer: Json) -> Json:
        kept = super().keep(answer)
        if answer["status"] == "accepted":
            self.answers.append((answer, self.opened))
        return kept


class Life(threading.Thread):
    """Rounds of a device's life. `refusals` and `failure` must stay empty."""

    def __init__(self, device_id: str, settle: threading.Event, seed: int) -> None:
        super().__init__(name=device_id, daemon=True)
        self.device_id, self.settle = device_id, settle
        self.chance = random.Random(f"{seed} {device_id}")
        self.rounds = 0
        self.rest_s = 0.0  # between two rounds
        self.refusals: list[str] = []
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while True:
                settles = self.settle.is_set()  # asked before: the last round is one without faults
                if self.live_once(settles) and settles:
                    return
                self.settle.wait(self.rest_s)
        except BaseException as failure:  # the checker shows it
            self.failure = failure

    def live_once(self, settles: bool) -> bool:
        """Whether it became ready."""
        raise NotImplementedError


class WitnessLife(Life):
    def __init__(self, device: Witness, settle: threading.Event, seed: int) -> None:
        super().__init__(device.device_id, settle, seed)
        self.device = device
        self.repeats = True  # what fails on the way is begun again with the same request_id; otherwise with a new one
        self.expected: set[str] = set()  # codes of rejections that a campaign explains

    def live_once(self, settles: bool) -> bool:
        if not self.repeats:
            self.device.request_id, self.device.nonce = secrets.token_urlsafe(16), None
        try:
            answer = self.device.provision(8)
            if answer["status"] != "accepted":
                if answer.get("code") not in self.expected:
                    self.refusals.append(str(answer))
                return False
            if self.device.become_ready()["state"] != "ready":
                return False
        except (WireError, TimeoutError, OSError, ssl.SSLError, Refused):
            self.settle.wait(self.chance.uniform(0.05, 0.5))
            return False
        self.rounds += 1
        if not settles:
            self.device.request_id = secrets.token_urlsafe(16)
        return True


class ProgramLife(Life):
    """`latchkey-device run`, which loses its power when it is ready, or at one of `points`, and then has a renewal to do."""

    def __init__(self, device_id: str, settle: threading.Event, seed: int, binary: Path, folder: Path,
                 environment: dict[str, str], flags: list[str], points: Sequence[str]) -> None:
        super().__init__(device_id, settle, seed)
        self.binary, self.folder, self.environment, self.flags, self.points = binary, folder, environment, flags, points
        self.process: RunningDevice | None = None
        self.is_over = False
        self.crashes: dict[str, int] = {}

    def live_once(self, settles: bool) -> bool:
        point = "" if settles or not self.points else self.chance.choice(self.points)
        armed = {"LATCHKEY_FAILPOINTS": f"{point}:kill@{self.chance.randint(1, 3)}"} if point else {}
        self.kill()
        device = RunningDevice(self.binary, self.device_id, self.folder, self.environment, "--patience", "60", *self.flags, **armed)
        self.process = device
        if self.is_over:  # asked after the start, so that `kill` or this thread sees the other
            device.kill()
            raise StackError(f"{self.device_id} is switched off for good")
        is_ready = self.becomes_ready(device)
        if settles and is_ready:
            return True  # and it stays
        if is_ready and not armed:
            self.settle.wait(self.chance.uniform(0, 1))
        elif is_ready:  # the point may lie behind
            self.settle.wait(0.3)
        if device.process.poll() == -9:
            self.crashes[point] = self.crashes.get(point, 0) + 1
        self.end(device)
        if is_ready:
            self.rounds += 1
            self.make_due()
        return is_ready

    def becomes_ready(self, device: RunningDevice) -> bool:
        """False if it ended before."""
        while device.process.poll() is None:
            try:
                device.expect("ready", 1)
                return True
            except StackError:
                continue
        return False

    def end(self, device: RunningDevice) -> None:
        if self.chance.random() < 0.7:
            device.kill()
        elif device.process.poll() is None:
            device.process.terminate()
            device.process.wait(60)  # it may be suspended

    def make_due(self) -> None:
        """The next start renews the newest credential; now and then it does not."""
        program = Reference()
        held = program.generations(self.folder)
        if held and self.chance.random() < 0.8 and (self.folder / f"credential-{held[-1]}" / "connection.json").exists():
            program.make_due(self.folder, held[-1])

    @property
    def pids(self) -> list[int]:
        return [self.process.process.pid] if self.process and self.process.process.poll() is None else []

    def kill(self) -> None:
        if self.process:
            self.process.kill()

    def switch_off(self) -> None:
        """For good, also if it is just being started."""
        self.is_over = True
        self.kill()


PROGRAMS = [f"program-{number}" for number in range(6)]
WITNESSES = [f"witness-{number}" for number in range(6)]
BLOCKED, REVOKED = "blocked", "revoked"  # the operator's
TRESPASSER = "trespasser"
OUTLAW = "outlaw"


class Fleet:
    """Half of it are programs, half witnesses; of these every second one has passwords."""

    def __init__(self, stack: Stack, folder: Path, seed: int, points: Sequence[str]) -> None:
        self.stack, self.folder, self.seed = stack, folder, seed
        self.settle = threading.Event()
        self.keys: dict[str, bytes] = {}
        stack.sql(f"SELECT registry.enroll_group('{GROUP}', 'token', sha256('nobody has this token'), "
                  "credential_types => '{x509,password}')")
        stack.sql(f"SELECT registry.set_group_policy('{GROUP}', '{{\"credentials_per_hour\": 1000000}}', 'a campaign')")
        self.enroll([*PROGRAMS, *WITNESSES, BLOCKED, REVOKED, TRESPASSER, OUTLAW])
        self.programs = [self._program(name, points) for name in PROGRAMS]
        self.witnesses = [WitnessLife(self.witness(name, "password" if number % 2 else "x509"), self.settle, seed)
                          for number, name in enumerate(WITNESSES)]

    @property
    def lives(self) -> list[Life]:
        return [*self.programs, *self.witnesses]

    @property
    def rounds(self) -> int:
        return sum(life.rounds for life in self.lives)

    def start(self) -> None:
        for life in self.lives:
            life.start()

    def kill(self) -> None:
        for life in self.programs:
            life.switch_off()
        for life in self.programs:
            if life.ident:
                life.join(30)

    def witness(self, device_id: str, wants: str = "x509") -> Witness:
        return Witness(device_id, SymmetricKey(self.keys[device_id]), Place.of(self.stack.environment), self.folder, wants=wants)

    def enroll(self, device_ids: list[str], group: str = GROUP) -> None:
        """Each by a key of its own."""
        lines = ["device_id,group,key"]
        for device_id in device_ids:
            self.keys[device_id] = secrets.token_bytes(32)
            text = base64.b64encode(self.keys[device_id]).decode()
            self._key_file(device_id).write_text(text + "\n")
            lines.append(f"{device_id},{group},{text}")
        file = self.folder / f"{group}.csv"
        file.write_text("\n".join([*lines, ""]))
        self.stack.latchkey("enroll", "import", str(file))

    def _key_file(self, device_id: str) -> Path:
        return self.folder / f"{device_id}.key"

    def _program(self, device_id: str, points: Sequence[str]) -> ProgramLife:
        flags = ["--key-file", str(self._key_file(device_id)), "--on-config", "/bin/true"]
        return ProgramLife(device_id, self.settle, self.seed, self.stack.device_binary, self.folder / device_id,
                           self.stack.environment, flags, points)
