"""A fleet reconnects at once, again and again, beside a broker that is killed, on a machine that has other things to do."""

from __future__ import annotations

import base64
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from campaign import Campaign, Run
from daemon import StackError
from running_device import SimulatedFleet
from stack import within

GROUP, DEVICES = "storm", 800
FIRST_LIMIT_S, LIMIT_S = 400, 300
BUSY = (0, 0, 2, 4)  # processes that take all the time that they get
LONGEST_DOWN_S = 8.0


@dataclass(frozen=True)
class Storm:
    """From the broker's start until all are ready."""

    busy: int
    down_s: float
    seconds: float
    attempts: int

    def __str__(self) -> str:
        return (f"  {self.busy} busy processes, broker away for {self.down_s:4.1f} s: all {DEVICES} ready after "
                f"{self.seconds:5.1f} s, {self.attempts / DEVICES:.2f} connections a device")


@contextmanager
def busy(count: int) -> Iterator[None]:
    started = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for each in started:
            each.kill()
            each.wait()


def connections(log: Path, port: int, since: int) -> int:
    """That the broker accepted on this port, by its log from this byte on."""
    with log.open("rb") as lines:
        lines.seek(since)
        return len(re.findall(rb"New connection from \S+ on port %d\." % port, lines.read()))


def one_storm(run: Run, fleet: SimulatedFleet) -> Storm:
    broker, stack = run.world.stack.mosquitto, run.world.stack
    down_s, processes = run.chance.uniform(0, LONGEST_DOWN_S), run.chance.choice(BUSY)
    run.world.kill("broker", run.world.services[0])
    with busy(processes):
        time.sleep(down_s)
        since = broker.log.stat().st_size
        broker.start()
        began = time.monotonic()
        within(LIMIT_S, f"all {DEVICES} are gone", lambda: (tally := fleet.tally()) and tally["ready"] < DEVICES)
        within(LIMIT_S, f"all {DEVICES} are ready beside {processes} busy processes", lambda: fleet.tally().get("ready") == DEVICES)
    return Storm(processes, down_s, time.monotonic() - began, connections(broker.log, stack.broker.device_port, since))


def storm(run: Run) -> None:
    stack, key = run.world.stack, run.world.folder / f"{GROUP}.key"
    key.write_text(base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
    stack.latchkey("enroll", "group", GROUP, "--proof", "symmetric_key", "--key-file", str(key))
    flags = ["--devices", str(DEVICES), "--group", GROUP, "--key-file", str(key), "--start-within", "120"]
    fleet = SimulatedFleet(stack.device_binary, f"{GROUP}-", run.world.folder / GROUP, stack.environment, *flags)
    try:
        within(FIRST_LIMIT_S, f"all {DEVICES} are ready", lambda: fleet.tally().get("ready") == DEVICES)
        for _ in run.rounds():
            print(one_storm(run, fleet), flush=True)
            run.count("storm")
    except StackError as error:
        run.problems.append(f"I3 {error}")
    finally:
        fleet.kill()


CAMPAIGN = Campaign("storm", f"{DEVICES} devices reconnect at once beside a broker that is killed, on a busy machine", storm)
