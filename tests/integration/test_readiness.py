"""Ready means that requests are served: each worker could commit a moment ago. (More: slow_readiness.py)"""

from __future__ import annotations

import threading
from contextlib import suppress

from readiness_case import NOTICED_S, ReadinessTest

from daemon import StackError
from stack import within


class Readiness(ReadinessTest):
    def test_a_database_that_turned_read_only(self) -> None:
        with self.fails("database", "read-only"):
            self.repairs.append("ALTER SYSTEM RESET default_transaction_read_only; SELECT pg_reload_conf()")
            self.superuser("ALTER SYSTEM SET default_transaction_read_only = on; SELECT pg_reload_conf()")

    def test_a_table_that_somebody_locks(self) -> None:
        with self.fails("database", "lock timeout"):
            locking = threading.Thread(target=self.lock, args=("registry.credential",))
            locking.start()
            self.addCleanup(locking.join)
            self.repairs.append(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{self.name}'")

    def lock(self, table: str) -> None:
        """Until its session is ended."""
        with suppress(StackError):
            self.superuser(f"SET application_name = '{self.name}'; BEGIN; LOCK TABLE {table}; SELECT pg_sleep(100)")

    def test_connections_for_some_only(self) -> None:
        """Those that answer devices come first, at a start and after a restart of the database."""
        self.superuser("ALTER ROLE latchkey CONNECTION LIMIT 4")
        self.addCleanup(self.superuser, "ALTER ROLE latchkey CONNECTION LIMIT -1")
        self.stack.service.restart()
        for n in range(4):
            self.assert_accepted(self.enrolled(f"{self.name}-{n}").provision())
        self.stack.postgres.restart()
        for n in range(4, 8):
            self.assert_accepted(self.enrolled(f"{self.name}-{n}").provision(limit_s=20))
        self.superuser("ALTER ROLE latchkey CONNECTION LIMIT -1")
        self.await_ready(True)

    def test_fewer_connections_than_workers(self) -> None:
        """A start that does not come so far as to serve is none: READY=1 waits for every worker."""
        self.stack.service.stop()
        self.superuser("ALTER ROLE latchkey CONNECTION LIMIT 1")
        self.repairs.append("ALTER ROLE latchkey CONNECTION LIMIT -1")
        self.stack.service.spawn()
        self.addCleanup(self.mend)
        within(NOTICED_S, "it says so", lambda: "too many connections" in self.said())
        self.assertNotIn('"msg":"ready"', self.since_start())
        self.mend()
        self.stack.service.await_ready()
        self.await_ready(True)
