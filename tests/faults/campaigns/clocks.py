"""The clocks of service, broker and database step, each alone, and are set right again."""

from __future__ import annotations

import time

from campaign import Campaign, Run
from clocks import CLOCKS, Clocked
from tapped import GateWorldStack

MINUTE, HOUR, DAY = 60, 3600, 86400
STEPS = [sign * far for far in (2 * MINUTE, 30 * MINUTE, 3 * HOUR, 2 * DAY, 20 * DAY, 400 * DAY) for sign in (1, -1)]
BEYOND = ("database", 400 * DAY)  # further than what the registry tells the gate of credentials that have ended
LONGEST_S = 8.0
READ_S = 1.5  # until all processes have read it


class ClockedWorldStack(Clocked, GateWorldStack):
    pass


def clocks(run: Run) -> None:
    stack = run.world.stack
    assert isinstance(stack, ClockedWorldStack)
    for life in run.world.fleet.witnesses:
        life.repeats = False  # the credential may be one of another year, and will not be good
        life.expected.add("conflict")  # nor can it be given again
    waiting: list[tuple[str, int]] = []
    for _ in run.rounds():
        if not waiting:  # each as often as the others
            every = [(clock, step) for clock in CLOCKS for step in STEPS if (clock, step) != BEYOND]
            waiting = run.chance.sample(every, len(every))
        clock, step = waiting.pop()
        stack.step(clock, step)
        run.count(f"{clock} {said(step)}")
        time.sleep(READ_S)
        run.pause(LONGEST_S)
        stack.step(clock, 0)
        time.sleep(READ_S)
        run.comes_back(f"the clock of {clock} was {said(step)}")
        run.pause(3)


def said(step: int) -> str:
    unit, name = next((unit, name) for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")) if abs(step) >= unit)
    return f"{step // unit if step > 0 else -(-step // unit):+d} {name}"


CAMPAIGN = Campaign("clocks", "the clocks of service, broker and database step, each alone, by minutes to a year", clocks,
                    stack=ClockedWorldStack)
