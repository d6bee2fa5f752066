"""Parts are killed at random moments."""

from __future__ import annotations

from campaign import Campaign, Run
from daemon import StackError

PARTS = ["database", "broker", "service"]  # whoever is stood upon comes back first


def kill(run: Run) -> None:
    for _ in run.rounds():
        run.pause(1.5)
        service = run.chance.choice(run.world.services)
        dead = run.chance.sample(PARTS, run.chance.choice([1, 1, 1, 2]))  # now and then two at once
        for name in dead:
            run.world.kill(name, service)
            run.count(name)
        run.pause(1)
        for name in sorted(dead, key=PARTS.index):
            try:
                run.world.start_again(name, service)
            except StackError as error:
                run.problems.append(f"I8 {name} did not start again: {error}")


CAMPAIGN = Campaign("kill", "kill -9 of replicas, broker and database, at random moments", kill, is_brief=True)
