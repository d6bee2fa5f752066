"""Replicas and devices crash at each fail-point of their sources."""

from __future__ import annotations

from campaign import Campaign, Run
from daemon import Daemon, StackError
from world import fail_points

POINT_LIMIT_S = 10
TRIES = 4  # until a point that was not reached is a problem
SNAPSHOT = "gate_page_told"  # passed only while the gate is told everything
RARE = (SNAPSHOT, "in_crl_write")  # passed once in a while: the first passage counts


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


CAMPAIGN = Campaign("points", "replicas and devices crash at each of their fail-points", points, device_points=True, is_brief=True)
