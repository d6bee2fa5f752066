"""Files of the broker and the service get lost, are cut off, are those of before, or cannot be written: while their owner runs
or while it is down. Beside the gate, the same is done to the file of dynamic-security."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

from account import give
from campaign import Campaign, Run
from daemon import Daemon, StackError
from outlaw import KEPT_OUT_S
from stack import within
from tapped import PluginWorldStack
from world import unwritable

LONGEST_S = 4


class Files:
    """What an owner keeps in a folder: files of one pattern."""

    def __init__(self, run: Run, name: str, owner: str, owners: list[Daemon], folder: Path, pattern: str) -> None:
        self.run, self.name, self.owner, self.owners, self.folder, self.pattern = run, name, owner, owners, folder, pattern
        self.before = run.world.folder / f"before-{name}"

    def spoil(self) -> None:
        """One of these things; then everything has to come back."""
        chance = self.run.chance
        act: Callable[[], None] = chance.choice([self.lose, self.lose, self.halve, self.halve, self.put_back, self.put_back,
                                                 self.close])
        is_down = chance.random() < 0.5
        what = f"{self.name}: {act.__name__.replace('_', ' ')}{', while its owner is down' if is_down else ''}"
        if is_down:
            self.kill()
        act()
        self.run.count(what)
        if chance.random() < 0.3:
            self.keep()  # it may be a bad one: then that comes back
        if is_down:
            self.start()
        else:
            self.run.pause(LONGEST_S)
            if chance.random() < 0.5:  # its owner finds out
                self.kill()
                self.start()

    def kill(self) -> None:
        for each in self.owners:
            self.run.world.kill(self.owner, each)

    def start(self) -> None:
        for each in self.owners:
            self.run.world.start_again(self.owner, each)

    def keep(self) -> None:
        """As they are now: the copy of before."""
        shutil.rmtree(self.before, ignore_errors=True)
        with contextlib.suppress(OSError):  # one that is just being removed
            shutil.copytree(self.folder, self.before)

    def files(self) -> list[Path]:
        return sorted(self.folder.glob(self.pattern))

    def lose(self) -> None:
        for file in self.files():
            file.unlink()

    def halve(self) -> None:
        for file in self.files():
            with file.open("r+b") as opened:
                opened.truncate(file.stat().st_size // 2)

    def put_back(self) -> None:
        """As a person does who restores a backup."""
        if not self.before.exists():
            return
        self.lose()
        for file in sorted(self.before.glob(self.pattern)):
            shutil.copy(file, self.folder)
            give(self.folder / file.name)

    def close(self) -> None:
        with unwritable(self.folder):
            self.run.pause(LONGEST_S)


def files(run: Run) -> None:
    world = run.world
    broker = ("journal", world.gate_state, "*") if world.has_gate else ("plugin", world.stack.broker.state, "dynamic-security.json")
    kinds = [Files(run, broker[0], "broker", [world.stack.mosquitto], *broker[1:])]
    if world.has_gate:
        kinds.append(Files(run, "CRL", "service", world.services, world.crl.parent, world.crl.name))
    for kind in kinds:
        kind.keep()
    for _ in run.rounds():
        kind = run.chance.choice(kinds)
        try:
            kind.spoil()
            within(KEPT_OUT_S, "a revoked device is kept out", lambda: not world.outlaw.is_let_in())
        except StackError as error:
            run.problems.append(f"G13 {error}")
        if run.chance.random() < 0.3:
            run.comes_back(kind.name)


CAMPAIGN = Campaign("files", "the gate's journal and the CRL are lost, cut off, older, or cannot be written", files, is_brief=True)
PLUGIN = Campaign("plugin", "the file of dynamic-security is lost, cut off, older, or cannot be written", files, PluginWorldStack,
                  is_brief=True)
