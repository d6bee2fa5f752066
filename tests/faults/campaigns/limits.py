"""There are too few descriptors, connections or bytes."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import restricted
from campaign import Campaign, Run
from daemon import Daemon, StackError
from stack import Stack

LENGTHS_S = (3, 8, 15)
SERVICE = "usename = 'latchkey'"
MOST_CONNECTIONS = 60  # of the cluster (tests/support/postgres.py)
FEW_BYTES = [0, 1 << 16, 1 << 19, 1 << 22]  # beyond what it has
GROUP_BYTES = [1 << 20, 3 << 20, 6 << 20, 12 << 20]  # without the pages of programs and libraries, which others have as well
STARTUP = b"user\0latchkey\0database\0latchkey\0\0"


@contextlib.contextmanager
def few_descriptors(run: Run, daemon: Daemon) -> Iterator[None]:
    """As many as it has open, and a few."""
    pid = daemon.pid or 0
    now = len(os.listdir(f"/proc/{pid}/fd"))
    with restricted.prlimit(pid, "nofile", now + run.chance.randint(0, 3)):
        yield


@contextlib.contextmanager
def few_connections(run: Run, stack: Stack) -> Iterator[None]:
    """For the service's role; those that it has end."""
    stack.cluster.sql(f"ALTER ROLE latchkey CONNECTION LIMIT {run.chance.randint(0, 4)}; {ended(SERVICE)}")
    try:
        yield
    finally:
        stack.cluster.sql("ALTER ROLE latchkey CONNECTION LIMIT -1")


@contextlib.contextmanager
def connections_of_others(stack: Stack) -> Iterator[None]:
    """Others have all that there are: they have said who they are, and not proved it yet."""
    with contextlib.ExitStack() as opened:
        stack.cluster.sql(ended(SERVICE))
        for _ in range(MOST_CONNECTIONS):
            connection = opened.enter_context(socket.create_connection(("127.0.0.1", stack.cluster.port)))
            connection.sendall(struct.pack("!II", 8 + len(STARTUP), 3 << 16) + STARTUP)
        yield


def ended(whose: str) -> str:
    return f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {whose}"


def limits(run: Run) -> None:
    world, stack = run.world, run.world.stack

    @contextlib.contextmanager
    def little_memory(begin: Callable[[Daemon], AbstractContextManager[None]]) -> Iterator[None]:
        """A replica that is killed, or that ends, is started again, as by systemd."""
        service = run.chance.choice(world.services)
        with begin(service):
            yield
        if service.pid is None:
            run.count("a replica ended for lack of memory")
            world.kills["service"] = world.kills.get("service", 0) + 1
            try:
                service.start()
            except StackError as error:
                run.problems.append(f"I8 {service.name} did not start again: {error}")

    @contextlib.contextmanager
    def from_its_start(service: Daemon) -> Iterator[None]:
        world.kill("service", service)
        with restricted.group(run.chance.choice(GROUP_BYTES)) as group:
            service.spawn()
            group.enter(service.pid)
            yield
            group.leave(service.pid)

    def while_it_runs(service: Daemon) -> AbstractContextManager[None]:
        return restricted.refused(service.pid or 0, run.chance.choice(FEW_BYTES))

    run.spells({
        "few descriptors for a replica": lambda: few_descriptors(run, run.chance.choice(world.services)),
        "few descriptors for the broker": lambda: few_descriptors(run, stack.mosquitto),
        "few connections for the service": lambda: few_connections(run, stack),
        "all connections are others'": lambda: connections_of_others(stack),
        "little memory in the control group": lambda: little_memory(from_its_start),
        "memory is refused": lambda: little_memory(while_it_runs),
    }, LENGTHS_S)


CAMPAIGN = Campaign("limits", "descriptors, connections and memory are short; the kernel kills a replica", limits)
