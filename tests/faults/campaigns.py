"""The campaigns: what is done to a fleet's world, for how long, by which seed."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from daemon import Daemon, StackError
from world import World

ROOT = Path(__file__).resolve().parents[2]
POINT = re.compile(r'\bfailpoint\("(\w+)"\)')
POINT_LIMIT_S = 10
TRIES = 4  # until a point that was not reached is a problem
SNAPSHOT = "gate_page_told"  # passed only while the gate is told everything
RARE = (SNAPSHOT, "in_crl_write")  # passed once in a while: the first passage counts


@dataclass
class Run:
    """One run of a campaign. Each fault is counted under its name; `problems` are what did not come back."""

    world: World
    chance: random.Random
    until: float
    faults: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def count(self, name: str) -> None:
        self.faults[name] = self.faults.get(name, 0) + 1

    def rounds(self) -> Iterator[None]:
        while time.monotonic() < self.until and not self.problems:
            yield

    def pause(self, longest_s: float) -> None:
        time.sleep(self.chance.uniform(0, longest_s))


@dataclass(frozen=True)
class Campaign:
    name: str
    about: str
    run: Callable[[Run], None]
    is_proxied: bool = False
    device_points: bool = False


def fail_points(room: str) -> list[str]:
    """The names of all fail-points below a folder."""
    found = {name for path in (ROOT / room).rglob("*.cpp") for name in POINT.findall(path.read_text())}
    return sorted(found)


def kill(run: Run) -> None:
    for _ in run.rounds():
        run.pause(1.5)
        service = run.chance.choice(run.world.services)
        # Now and then two at once; whoever is stood upon comes back first.
        dead = run.chance.sample(["database", "broker", "service"], run.chance.choice([1, 1, 1, 2]))
        for name in dead:
            run.world.kill(name, service)
            run.count(name)
        run.pause(1)
        for name in sorted(dead, key=["database", "broker", "service"].index):
            try:
                run.world.start_again(name, service)
            except StackError as error:
                run.problems.append(f"I8 {name} did not start again: {error}")


def points(run: Run) -> None:
    """The fail-point that was reached least often is the next."""
    passed = dict.fromkeys(fail_points("service"), 0)
    for _ in run.rounds():
        point = min(passed, key=lambda name: (passed[name], run.chance.random()))
        passed[point] += 1
        service = run.chance.choice(run.world.services)
        run.world.kills["service"] = run.world.kills.get("service", 0) + 1
        dead = run.world.services if point == SNAPSHOT else [service]  # the other one would tell it all
        for each in dead:
            each.kill()
        try:
            if point == SNAPSHOT:
                run.world.lose_gate_state()
            if dies_at(service, f"{point}:kill@{1 if point in RARE else run.chance.randint(1, 4)}"):
                run.count(point)
            for each in dead:
                each.start()
        except StackError as error:
            run.problems.append(f"I8 not all started again after {point}: {error}")
    run.problems += [f"the fail-point {name} was not reached" for name, tries in passed.items()
                     if tries >= TRIES and name not in run.faults]


def dies_at(service: Daemon, armed: str) -> bool:
    """Not started by `start`: it may die before it is ready."""
    service.spawn(LATCHKEY_FAILPOINTS=armed)
    try:
        return service.await_end(POINT_LIMIT_S) == -9
    except StackError:
        return False
    finally:
        service.kill()


LONGEST_S = 3.0


def proxy(run: Run) -> None:
    proxies = run.world.proxies
    for _ in run.rounds():
        name = run.chance.choice(sorted(proxies))
        one, chance = proxies[name], run.chance
        lasting = {"hold": one.hold, "delay": lambda: one.delay(chance.uniform(0.005, 0.2)), "drip": one.drip}
        at_once = {"lose one": lambda: one.lose(chance, False), "lose all": lambda: one.lose(chance, True),
                   "reset one": lambda: one.reset(chance, False), "reset all": lambda: one.reset(chance, True)}
        cuts = {f"cut {where}": lambda where=where: one.cut(where) for where in ("before", "half", "after")}
        acts = lasting | at_once | (cuts if one.word else {})
        act = chance.choice(sorted(acts))
        acts[act]()
        run.count(f"{name}: {act}")
        run.pause(LONGEST_S)
        one.heal()
        if chance.random() < 0.2:
            comes_back(run, act)
    for each in proxies.values():
        each.heal()
    run.faults["commits that were cut"] = proxies["database"].cuts


def comes_back(run: Run, act: str) -> None:
    try:
        run.world.await_ready()
    except StackError as error:
        run.problems.append(f"G5 after {act}: {error}")


CAMPAIGNS = [
    Campaign("kill", "kill -9 of replicas, broker and database, at random moments", kill),
    Campaign("points", "replicas and devices crash at each of their fail-points", points, device_points=True),
    Campaign("proxy", "the network between the service and its servers holds, loses, delays, drips, resets, cuts", proxy,
             is_proxied=True),
]
