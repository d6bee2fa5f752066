"""Passwords, keys and certificates are replaced, again and again."""

from __future__ import annotations

from campaign import Campaign, Run
from daemon import StackError
from rotations import Rotations


def rotate(run: Run) -> None:
    rotations = Rotations(run.world).all
    waiting: list[str] = []
    for _ in run.rounds():
        if not waiting:  # each as often as the others
            waiting = run.chance.sample(sorted(rotations), len(rotations))
        name = waiting.pop()
        try:
            rotations[name]()
        except StackError as error:
            run.problems.append(f"G5 {name}: {error}")
        run.count(name)
        run.comes_back(name)
        run.pause(2)


CAMPAIGN = Campaign("rotate", "passwords, keys and certificates are replaced as the documentation says", rotate)
