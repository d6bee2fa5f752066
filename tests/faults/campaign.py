"""What a campaign is, and one run of it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from daemon import StackError
from stack import GateStack, Stack
from world import World


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
    stack: type[Stack] = GateStack
    device_points: bool = False
