"""What a campaign is, and one run of it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from daemon import StackError
from stack import Stack
from tapped import GateWorldStack
from world import World

CHECKED = 0.3  # of the faults: everything has to come back before the next one


@dataclass
class Run:
    """One run of a campaign. Each fault is counted under its name; `problems` are what did not come back; `notes` are shown
    at its end."""

    world: World
    chance: random.Random
    until: float
    faults: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def count(self, name: str) -> None:
        self.faults[name] = self.faults.get(name, 0) + 1

    def rounds(self) -> Iterator[None]:
        while time.monotonic() < self.until and not self.problems:
            yield

    def pause(self, longest_s: float) -> None:
        time.sleep(self.chance.uniform(0, longest_s))

    def spells(self, faults: Mapping[str, Callable[[], AbstractContextManager[object]]], lengths_s: Sequence[float],
               pause_s: float = 2) -> None:
        """One fault after the other that lasts: each is begun, and ended after at most one of `lengths_s`."""
        for _ in self.rounds():
            name = self.chance.choice(sorted(faults))
            with faults[name]():
                self.count(name)
                self.pause(self.chance.choice(lengths_s))
            self.problems += [f"I8 after {name}: {each.name} ended by itself" for each in self.world.services if each.pid is None]
            if self.chance.random() < CHECKED:
                self.comes_back(name)
            self.pause(pause_s)

    def comes_back(self, after: str) -> None:
        """All replicas serve again; a problem if not."""
        try:
            self.world.await_ready()
        except StackError as error:
            self.problems.append(f"G5 after {after}: {error}")


@dataclass(frozen=True)
class Campaign:
    """`run` does the faults, and ends with all of it healed. `stack`: the kind of stack that it needs."""

    name: str
    about: str
    run: Callable[[Run], None]
    stack: type[Stack] = GateWorldStack
    device_points: bool = False
    is_brief: bool = False  # it does something within seconds, without the rights of root
