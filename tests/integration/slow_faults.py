"""A fleet goes about its life while every part is killed under it, at random places and times. Afterwards the promises
of docs/guarantees.md are checked one by one."""

from __future__ import annotations

import base64
import os
import random
import secrets
import signal
import ssl
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field

from cryptography import x509
from stack_case import StackTest

from daemon import Daemon, StackError
from foreign_device import Device, SymmetricKey
from jose import Json, Refused
from wire import WireError

DEVICES = 16
CHAOS_S = float(os.environ.get("LATCHKEY_CHAOS_S", "180"))
RECOVERY_S = 120
FAIL_POINTS = ("after_receive", "after_decode", "after_authenticate", "before_commit", "after_commit", "before_publish",
               "after_publish")


@dataclass
class Witness(Device):
    """A device that remembers every accepted answer it ever got."""

    accepted_answers: list[Json] = field(default_factory=list)

    def keep(self, answer: Json) -> Json:
        if answer["status"] == "accepted":
            self.accepted_answers.append(answer)
        return super().keep(answer)


class Life(threading.Thread):
    """Provisions itself, becomes ready, and again with a new request: until it is told to settle, and is ready."""

    def __init__(self, device: Witness, settle: threading.Event) -> None:
        super().__init__(name=device.device_id, daemon=True)
        self.device, self.settle = device, settle
        self.rounds = 0
        self.refusals: list[Json] = []
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not (self.live_once() and self.settle.is_set()):
                pass
        except BaseException as failure:  # shown by the case
            self.failure = failure

    def live_once(self) -> bool:
        """Whether it went all the way. What fails on the way is begun again, with the same request_id."""
        try:
            answer = self.device.provision(8)
            if answer["status"] != "accepted":
                self.refusals.append(answer)
                return False
            if self.device.become_ready()["state"] != "ready":
                return False
        except (WireError, TimeoutError, OSError, ssl.SSLError, Refused):
            time.sleep(random.uniform(0.05, 0.5))
            return False
        self.rounds += 1
        self.device.request_id = secrets.token_urlsafe(16)
        return True


class Faults(StackTest):
    def test_nothing_is_lost_whatever_is_killed(self) -> None:
        seed = int(os.environ.get("LATCHKEY_CHAOS_SEED", str(secrets.randbits(32))))
        print(f"seed {seed}")
        chance = random.Random(seed)
        replica = self.stack.replica("replica")
        self.addCleanup(replica.stop)
        replica.start()
        # Each lives again and again, and asks for a new credential each time.
        _, file = self.write_key("fleet")
        self.enroll("group", "fleet", "--proof", "symmetric_key", "--key-file", str(file))
        self.stack.sql("SELECT registry.set_group_policy('fleet', '{\"credentials_per_hour\": 1000000}', 'why')")
        settle = threading.Event()
        fleet = [Life(self.witness(f"fleet-{number}"), settle) for number in range(DEVICES)]
        for life in fleet:
            life.start()
        acts = self.disturb([self.stack.service, replica], chance)
        settle.set()
        deadline = time.monotonic() + RECOVERY_S
        for life in fleet:
            life.join(max(0.0, deadline - time.monotonic()))
        print(f"{sum(life.rounds for life in fleet)} lives of {DEVICES} devices, {dict(acts)}")
        for life in fleet:
            with self.subTest(life.name):
                self.assertIsNone(life.failure)
                self.assertFalse(life.is_alive(), "it is not ready yet")  # G5, I3
                self.assertEqual(life.refusals, [])  # G8
                self.check(life.device)
        self.check_secrets(fleet, [self.stack.service, replica])
        self.assertGreater(sum(life.rounds for life in fleet), 3 * DEVICES, "the test did too little")

    def witness(self, device_id: str) -> Witness:
        key, file = self.write_key(device_id)
        self.enroll("device", device_id, "--proof", "symmetric_key", "--key-file", str(file), "--group", "fleet")
        return Witness(device_id, SymmetricKey(key), self.place(), self.folder)

    # --- the faults

    def disturb(self, services: list[Daemon], chance: random.Random) -> dict[str, int]:
        """One fault after the other; every part is up again at the end."""
        count: dict[str, int] = defaultdict(int)
        until = time.monotonic() + CHAOS_S
        while time.monotonic() < until:
            time.sleep(chance.uniform(0.2, 2))
            service = chance.choice(services)
            act = chance.choice(["kill", "end", "fail-point", "fail-point", "broker", "database"])
            count[act] += 1
            for one in services:
                self.assertIsNotNone(one.pid, f"{one.name} ended by itself")  # I8
            if act == "fail-point":
                self.arm(service, f"{chance.choice(FAIL_POINTS)}:kill@{chance.randint(1, 20)}")
            elif act in ("kill", "end"):
                service.end(signal.SIGKILL if act == "kill" else signal.SIGTERM)
                service.start()
            elif act == "broker":
                self.stack.mosquitto.kill()
                time.sleep(chance.uniform(0, 1))
                self.stack.mosquitto.start()
            else:
                self.stack.postgres.end(signal.SIGQUIT)  # at once, as in a crash: the log is replayed afterwards
                time.sleep(chance.uniform(0, 1))
                self.stack.postgres.start()
        return count

    def arm(self, service: Daemon, fail_point: str) -> None:
        """It dies there, if it gets there soon enough; by our hand if not."""
        service.restart(LATCHKEY_FAILPOINTS=fail_point)
        try:
            service.await_end(10)
        except StackError:
            service.kill()
        service.end(signal.SIGKILL)  # forgets its pid
        service.start()

    # --- what has to hold

    def check(self, device: Witness) -> None:
        serials = {row["generation"]: row["serial"] for row in self.certificates(device.device_id)}
        given: dict[str, set[tuple[int, str]]] = defaultdict(set)
        for answer in device.accepted_answers:
            leaf = base64.b64decode(answer["credential"]["chain"][0])
            given[answer["request_id"]].add((answer["generation"], self.serial_of(leaf)))
        for outcomes in given.values():
            self.assertEqual(len(outcomes), 1, "one request, one outcome")  # G4, G6, I6
            generation, serial = next(iter(outcomes))
            self.assertEqual(serials.get(generation), serial, "the registry knows what devices hold")  # G1, G2, I1
        self.assertEqual(sorted(serials), list(range(1, len(serials) + 1)), "no generation is lost or used twice")  # I2
        self.assertEqual(self.row(device.device_id)["state"], "ready")  # I3
        self.assertEqual(device.become_ready()["state"], "ready", "what it holds logs in")  # I4
        states = self.states(device.device_id)  # G9, I5
        for (_, reached), (left, _) in zip(states, states[1:]):
            self.assertEqual(left, reached, states)
        self.assertEqual(states[-1][1], "ready")

    @staticmethod
    def serial_of(leaf: bytes) -> str:
        return f"{x509.load_der_x509_certificate(leaf).serial_number:032x}"

    def check_secrets(self, fleet: list[Life], services: list[Daemon]) -> None:
        """G14, I7: in no log, in no form that they have anywhere."""
        canaries = [self.stack.passwords["latchkey"], (self.stack.pki / "master.key").read_text().strip(),
                    self.stack.broker.password_file("service").read_text().strip()]
        for life in fleet:
            assert isinstance(life.device.proof, SymmetricKey)
            key = life.device.proof.key
            canaries += [base64.b64encode(key).decode(), key.hex(), base64.urlsafe_b64encode(key).decode().rstrip("=")]
        logs = [*services, self.stack.mosquitto, self.stack.postgres]
        for daemon in logs:
            text = daemon.log.read_text(errors="replace")
            self.assertEqual([canary[:4] + "..." for canary in canaries if canary in text], [], daemon.log)
