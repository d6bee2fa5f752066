"""A fleet's mixed life for long: nothing of it may grow but what is kept by design."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import secrets
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import history
from campaign import Campaign, Run
from daemon import StackError
from fleet import Witness
from foreign_device import Place, SymmetricKey
from probe import Probe, percentile
from running_device import SimulatedFleet
from samples import Samples, sample
from stack import within
from wire import Login, Wire
from world import World

GROUP, DEVICES, PROBES = "soak", 120, 10
LIFETIME_S = 180  # they renew after two thirds of it
ROUND_S = 30.0
ACTED_ON = 8  # devices: what the registry keeps for each that was ever acted on is there soon
REST_S = 6.0  # between two lives of the other devices
ASKS_PER_S = 5.0
HISTORY_ROUNDS = 10  # how often history becomes old
BACK_LIMIT_S = 90
RIGHTS = json.dumps({"publish": ["plant/${device_id}/telemetry/#"], "subscribe": ["plant/${device_id}/commands/#"]})
QUESTIONS = [f"SELECT * FROM registry.{view} LIMIT 100" for view in (
    "fleet", "devices", "stuck_devices", "provisioning_funnel", "expiring_credentials", "recent_rejections", "certificates",
    "attempts", "events", "suspected_clones", "groups", "tokens", "pending_approvals", "counted_rejections")]
MOST_ROWS = {"attempts": 3.0, "events": 8.0}  # for each generation of a device
PAGES = ("/", "/?view=devices", f"/?device={GROUP}-1", "/metrics", "/readyz?verbose")


@dataclass
class Telemetry:
    """What the platform hears of the fleet."""

    heard: int = 0

    def listen(self, world: World, over: threading.Event) -> None:
        where = world.stack.environment
        login = Login(Path(where["LATCHKEY_SERVER_CA_FILE"]), where["LATCHKEY_PLATFORM_USER"],
                      Path(where["LATCHKEY_PLATFORM_PASSWORD_FILE"]).read_text().strip())
        with Wire(where["LATCHKEY_BOOTSTRAP_URL"], "@platform", login) as wire:
            wire.subscribe("plant/+/telemetry/#")
            while not over.is_set():
                self.heard += wire.receive(1) is not None


class Soak:
    """The fleet of the other campaigns lives on beside all of this, slowly."""

    def __init__(self, run: Run) -> None:
        self.run, self.world = run, run.world
        self.key = self.world.folder / f"{GROUP}.key"
        self.over = threading.Event()
        self.telemetry = Telemetry()

    def begin(self) -> None:
        stack = self.world.stack
        for life in self.world.fleet.lives:
            life.rest_s = REST_S
        self.world.operator.rest_s = REST_S
        stack.latchkey("enroll", "group", GROUP, "--generate-key", str(self.key), "--lifetime-s", str(LIFETIME_S))
        stack.sql(f"SELECT registry.set_group_policy('{GROUP}', '{{\"credentials_per_hour\": 1000000}}', 'a soak')")
        stack.sql(f"SELECT registry.set_group_rights('{GROUP}', '{RIGHTS}', 'a soak')")
        self.configure()
        history.keep_a_month(self.world)
        self.simulated = self.switched_on()
        self.probe = Probe([self._probe(number) for number in range(PROBES)], ASKS_PER_S)
        self.probe.start()
        threading.Thread(target=self.telemetry.listen, args=(self.world, self.over), daemon=True).start()
        self.await_all("the first start")

    def _probe(self, number: int) -> Witness:
        name = f"{GROUP}-probe-{number}"
        key = SymmetricKey.of_group(GROUP, base64.b64decode(self.key.read_text()), name)
        return Witness(name, key, Place.of(self.world.stack.environment), self.world.folder)

    def switched_on(self) -> SimulatedFleet:
        flags = ["--devices", str(DEVICES), "--group", GROUP, "--key-file", str(self.key), "--start-within", "10"]
        stack, folder = self.world.stack, self.world.folder / GROUP
        return SimulatedFleet(stack.device_binary, f"{GROUP}-", folder, stack.environment, *flags)

    # --- what happens

    def power_cut(self) -> None:
        self.simulated.kill()
        self.simulated = self.switched_on()

    def configure(self) -> None:
        config = json.dumps({"report_interval_s": 10, "note": secrets.token_hex(8)})
        self.world.stack.sql(f"SELECT registry.set_group_config('{GROUP}', '{config}', 'a push')")

    def configure_one(self) -> None:
        config = json.dumps({"note": secrets.token_hex(8)})
        self.world.stack.sql(f"SELECT registry.set_device_config('{self.one()}', '{config}', 'a push')")

    def revoke(self) -> None:
        """And lets it in again, as a new device of its enrolment."""
        device = self.one()
        self.world.stack.sql(f"SELECT registry.revoke('{device}', 'stolen')")
        time.sleep(2)
        self.world.stack.sql(f"SELECT registry.reset('{device}', 'found')")

    def suspend(self) -> None:
        device = self.one()
        self.world.stack.sql(f"SELECT registry.suspend('{device}', 'recalled')")
        time.sleep(2)
        self.world.stack.sql(f"SELECT registry.resume('{device}', 'repaired')")

    def ask(self) -> None:
        for question in QUESTIONS:
            self.world.stack.sql(question)
        self.world.stack.latchkey("device", "show", self.one())
        for port in self.world.http_ports.values():
            for path in PAGES:
                if (status := fetched(port, path)) != 200:
                    self.run.problems.append(f"G5 {path} was answered with {status}")

    def one(self) -> str:
        return f"{GROUP}-{self.run.chance.randint(1, ACTED_ON)}"

    def await_all(self, after: str) -> None:
        try:
            within(BACK_LIMIT_S, f"all are ready after {after}", lambda: self.simulated.tally().get("ready") == DEVICES)
        except StackError as error:
            self.run.problems.append(f"I3 {error}")

    # --- the rounds

    def live(self, samples: Samples) -> None:
        acts = {"power cut": self.power_cut, "push": self.configure, "push to one": self.configure_one, "revocation": self.revoke,
                "suspension": self.suspend, "questions": self.ask}
        for number, _ in enumerate(self.run.rounds()):
            ends = time.monotonic() + ROUND_S
            chosen = ["power cut"] if number % 2 else self.run.chance.sample(sorted(set(acts) - {"power cut"}), 4)
            for name in chosen:
                acts[name]()
                self.run.count(name)
            if number % HISTORY_ROUNDS == HISTORY_ROUNDS - 1 and (left := history.becomes_old(self.world, f"{GROUP}-%")):
                self.run.problems.append(f"I8 retention left {left} rows")
            heard = self.telemetry.heard
            time.sleep(max(0.0, ends - time.monotonic()))
            self.look(samples)
            if self.telemetry.heard == heard:
                self.run.problems.append("I3 no reading came to the platform")
        self.await_all("the last round")

    def look(self, samples: Samples) -> None:
        waits = self.probe.taken()
        latency = {f"latency: {name} ms": percentile(waits, part) for name, part in (("p50", 0.5), ("p99", 0.99)) if waits}
        samples.add(sample(self.world) | latency)

    def end(self) -> None:
        self.over.set()
        self.probe.over.set()
        self.probe.join(20)
        self.simulated.kill()
        if self.probe.failure or self.probe.lost:
            self.run.problems.append(f"I3 {self.probe.lost} requests were not answered beside {self.probe.answered}: "
                                     f"{self.probe.failure!r}")


def fetched(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status


def rows_a_generation(world: World) -> dict[str, float]:
    """Of the devices whose history was left alone."""
    own = "WHERE device_id ~ '^(program|witness)-'"
    row = world.query(f"SELECT (SELECT count(*) FROM registry.certificates {own}) AS generations, "
                      f"(SELECT count(*) FROM registry.attempts {own}) AS attempts, "
                      f"(SELECT count(*) FROM registry.events {own}) AS events")[0]
    return {what: row[what] / max(row["generations"], 1) for what in MOST_ROWS}


def soak(run: Run) -> None:
    file = Path(tempfile.mkstemp(prefix="latchkey-soak-", suffix=".jsonl")[1])
    one, samples = Soak(run), Samples(file)
    try:
        one.begin()
        one.live(samples)
    finally:
        one.end()
    run.problems += samples.rising()
    for what, rows in rows_a_generation(run.world).items():
        print(f"  {rows:.2f} {what} a generation")
        if rows > MOST_ROWS[what]:
            run.problems.append(f"I5 {rows:.2f} {what} a generation")
    print(samples.table())
    print(f"  {one.probe.answered} answers to devices that asked {ASKS_PER_S:g} times a second, {one.telemetry.heard} readings; "
          f"{len(samples.seen)} samples: {file}", flush=True)


CAMPAIGN = Campaign("soak", "a fleet's mixed life, for long: memory, descriptors, threads, tables and latency do not grow", soak)
