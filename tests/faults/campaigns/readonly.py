"""The database, or a folder, takes nothing more."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from campaign import Campaign, Run
from stack import Stack
from world import unwritable

LENGTHS_S = (2, 8, 20)
WRITES = "SET default_transaction_read_only = off;"  # in the session that undoes it
END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'latchkey'"


@contextlib.contextmanager
def setting(stack: Stack, what: str, at_begin: str = "", at_end: str = "") -> Iterator[None]:
    """New sessions are read-only: of the database, or of the service's role."""
    stack.cluster.sql(f"{WRITES} ALTER {what} latchkey SET default_transaction_read_only = on; {at_begin}")
    try:
        yield
    finally:
        stack.cluster.sql(f"{WRITES} ALTER {what} latchkey RESET default_transaction_read_only; {at_end}")


def readonly(run: Run) -> None:
    stack, world = run.world.stack, run.world

    @contextlib.contextmanager
    def with_a_restart_of_the_broker() -> Iterator[None]:
        with unwritable(world.gate_state):
            world.kill("broker", world.services[0])
            stack.mosquitto.start()
            yield

    run.spells({
        "the database is read-only for new sessions": lambda: setting(stack, "DATABASE"),
        # Sessions that began read-only stay so: nobody ends them.
        "the database is read-only, and was switched over to": lambda: setting(stack, "DATABASE", END_SESSIONS),
        "the database is read-only, and is switched over from": lambda: setting(stack, "DATABASE", END_SESSIONS, END_SESSIONS),
        "the role is read-only, and was switched over to": lambda: setting(stack, "ROLE", END_SESSIONS),
        "the folder of the journal": lambda: unwritable(world.gate_state),
        "the folder of the journal, and the broker starts": with_a_restart_of_the_broker,
        "the folder of the CRL": lambda: unwritable(world.crl.parent),
    }, LENGTHS_S)


CAMPAIGN = Campaign("readonly", "the database becomes read-only, with and without a switch-over, or the folder of a file", readonly,
                    is_brief=True)
