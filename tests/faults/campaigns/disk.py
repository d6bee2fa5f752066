"""Disks get full, and have room again."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator

from account import give
from campaign import Campaign, Run
from daemon import StackError
from disk import Disk
from fleet import PROGRAMS
from postgres import Cluster
from stack import within
from tapped import GateWorldStack

LENGTHS_S = (2, 6, 15)
COMES_BACK_S = 30
SIZES = {"data": "256m", "wal": "96m", "journal": "64m", "crl": "1m", "device": "1m"}
DEVICE = PROGRAMS[0]
SETTINGS = "max_wal_size = 48MB\nmin_wal_size = 32MB\n"


class SmallCluster(Cluster):
    """Its data and its log of changes each have a disk."""

    def created(self, process: subprocess.Popen[str]) -> None:
        super().created(process)
        wal = self.data / "pg_wal"
        disk = self.data.resolve().with_name("wal") / "pg_wal"
        shutil.copytree(wal, disk)
        for each in (disk, *disk.rglob("*")):
            give(each)
        shutil.rmtree(wal)
        wal.symlink_to(disk)
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS)


class SmallStack(GateWorldStack):
    make_cluster = SmallCluster

    disks: dict[str, Disk]

    def _start_parts(self) -> None:
        self.disks = {}
        rooms = self.directory / "disks"
        rooms.mkdir()
        rooms.chmod(0o711)
        for name, size in SIZES.items():
            self.disks[name] = Disk({"crl": self.directory / "crl", "device": self.directory / DEVICE}.get(name, rooms / name), size)
        os.chown(self.directory / DEVICE, os.geteuid(), os.getegid())  # devices are not the stack's
        for name, link in (("data", "postgres"), ("journal", "mosquitto.state")):
            (self.folder / link).symlink_to(rooms / name)
        super()._start_parts()

    def stop(self) -> None:
        super().stop()
        for disk in getattr(self, "disks", {}).values():
            disk.unmount()
        self.disks = {}


def disk(run: Run) -> None:
    world, stack = run.world, run.world.stack
    assert isinstance(stack, SmallStack)

    @contextlib.contextmanager
    def database(name: str) -> Iterator[None]:
        """A server that could not write its log ends; then somebody starts it who watches over it."""
        with stack.disks[name].full():
            yield
        try:
            within(COMES_BACK_S, "the database takes changes again", lambda: is_up(run))
        except StackError as error:
            run.problems.append(f"I8 {error}")

    @contextlib.contextmanager
    def journal(is_restarted: bool) -> Iterator[None]:
        with stack.disks["journal"].full():
            if is_restarted:
                world.kill("broker", world.services[0])
                stack.mosquitto.start()
            yield

    run.spells({
        "the data of the database": lambda: database("data"),
        "the log of the database": lambda: database("wal"),
        "the journal": lambda: journal(False),
        "the journal, and the broker starts": lambda: journal(True),
        "the CRL": stack.disks["crl"].full,
        "the folder of a device": stack.disks["device"].full,
    }, LENGTHS_S)


def is_up(run: Run) -> bool:
    stack = run.world.stack
    try:
        if stack.postgres.pid is None:
            run.count("the database ended and is started again")
            stack.postgres.start()
        stack.cluster.sql("SELECT pg_logical_emit_message(true, 'faults', 'something for its log')")
    except StackError:
        return False
    return True


CAMPAIGN = Campaign("disk", "the disks of the database, the gate's journal, the CRL and a device get full", disk, SmallStack)
