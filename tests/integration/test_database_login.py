"""The service's login at the database: its password changes, its sessions are ended when they are idle, its rights are missing."""

from __future__ import annotations

import subprocess
import time

from stack_case import StackTest

from daemon import clean_environment
from stack import within


class DatabaseLogin(StackTest):
    def sessions(self) -> set[str]:
        return set(self.stack.cluster.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'latchkey'").split())

    def end_sessions(self) -> set[str]:
        before = self.sessions()
        self.stack.cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'latchkey'")
        return before

    def test_a_changed_password_is_read_at_the_next_connection(self) -> None:
        self.assert_accepted(self.enrolled(f"{self.name}-1").provision())
        self.stack.passwords["latchkey"] = "another-password"
        self.stack.cluster.sql("ALTER ROLE latchkey PASSWORD 'another-password'")
        self.stack.home.keep_secret("database.password", "another-password")
        before = self.end_sessions()
        within(15, "it has new sessions", lambda: len(self.sessions() - before) >= 2)
        self.assert_accepted(self.enrolled(f"{self.name}-2").provision())

    def test_a_limit_on_idle_sessions_ends_none_of_the_services(self) -> None:
        self.stack.cluster.sql("ALTER ROLE latchkey SET idle_session_timeout = '300ms'")
        try:
            self.end_sessions()
            self.await_ready(True)
            self.assert_accepted(self.enrolled(f"{self.name}-0").provision())
            before = self.sessions()
            for n in range(1, 4):
                time.sleep(0.7)  # longer than the limit, with nothing to do
                self.assert_accepted(self.enrolled(f"{self.name}-{n}").provision())
            self.assertEqual(before - self.sessions(), set())
            self.assertEqual(self.query(f"SELECT DISTINCT decision FROM registry.attempts WHERE device_id LIKE '{self.name}-%'"),
                             [{"decision": "accepted"}])
        finally:
            self.stack.cluster.sql("ALTER ROLE latchkey RESET idle_session_timeout")

    def test_permission_denied_says_which_role_is_missing(self) -> None:
        self.stack.cluster.sql("CREATE ROLE trainee LOGIN PASSWORD 'trainee'")
        address = f"postgresql://trainee:trainee@127.0.0.1:{self.stack.cluster.port}/latchkey"
        for command, variable, role in ((("explain", "meter-1"), "LATCHKEY_DB_URL", "latchkey_ops"),
                                        (("enroll", "retire-key", "meters"), "LATCHKEY_DB_URL", "latchkey_ops"),
                                        (("db", "migrate"), "LATCHKEY_OWNER_DB_URL", "latchkey_owner")):
            with self.subTest(command):
                result = subprocess.run([str(self.stack.binary), *command], capture_output=True, text=True, timeout=60,
                                        env=clean_environment({variable: address}))
                self.assertEqual(result.returncode, 77, result.stderr)
                self.assertIn(f"GRANT {role} TO", result.stderr)
                self.assertIn(variable, result.stderr)
