"""Processes are suspended, for less and for more than the limits of those who wait for them."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator

from campaign import Campaign, Run
from world import family

# The broker gives a silent connection up after 1.5 keep alives, the service one to the broker after 12.7 s, and a call after 6 s.
LENGTHS_S = (1, 5, 10, 25)


@contextlib.contextmanager
def suspended(pids: Callable[[], list[int]]) -> Iterator[None]:
    """`pids`, asked again until nobody is new: a parent that was not suspended yet makes children."""
    stopped: list[int] = []
    while new := [pid for pid in pids() if pid not in stopped]:
        for pid in new:
            send(pid, signal.SIGSTOP)
        stopped += new
    try:
        yield
    finally:
        for pid in stopped:
            send(pid, signal.SIGCONT)


def send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def stop(run: Run) -> None:
    world, chance = run.world, run.chance
    replicas = {f"{each.name} is stopped": lambda each=each: suspended(lambda: family(each)) for each in world.services}
    device = {"a device is stopped": lambda: suspended(lambda life=chance.choice(world.fleet.programs): life.pids)}
    run.spells(replicas | device | {
        "both replicas are stopped": lambda: suspended(lambda: [pid for each in world.services for pid in family(each)]),
        "the broker is stopped": lambda: suspended(lambda: family(world.stack.mosquitto)),
        "the database is stopped": lambda: suspended(lambda: family(world.stack.postgres)),
        "one session of the database is stopped": lambda: suspended(lambda pid=one_session(run): [pid] if pid else []),
    }, LENGTHS_S)


def one_session(run: Run) -> int:
    """Of the service's."""
    found = run.world.query("SELECT pid FROM pg_stat_activity WHERE usename = 'latchkey' ORDER BY pid")
    return run.chance.choice(found)["pid"] if found else 0


CAMPAIGN = Campaign("stop", "replicas, broker, database, one of its sessions or a device are suspended, and continue", stop,
                    is_brief=True)
