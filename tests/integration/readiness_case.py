"""What the tests of readiness share: ready says that requests are served, and says so again soon after the fault."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from stack_case import StackTest

from stack import within

# A look at the database every 3 s, and what a call may take.
NOTICED_S = 10.0


class ReadinessTest(StackTest):
    def complaint(self, check: str) -> str | None:
        """What /readyz?verbose says of a check that fails."""
        for line in self.fetch("/readyz?verbose")[1].splitlines():
            if line.startswith(f"[-] {check}: "):
                return line.partition(": ")[2]
        return None

    @contextmanager
    def fails(self, check: str, reason: str, limit_s: float = NOTICED_S) -> Iterator[None]:
        """The fault of the body shows in this check, with this reason, and requests are not accepted; after it they are."""
        device = self.enrolled()
        try:
            yield
            before = time.monotonic()
            said = within(limit_s, f"{check} is not ready", lambda: self.complaint(check))
            print(f"{self.name}: not ready after {time.monotonic() - before:.1f} s: {said}", flush=True)
            self.assertIn(reason, said)
            self.assertEqual(self.fetch("/readyz")[0], 503)
            self.assertEqual(self.fetch("/livez")[0], 200)
        finally:
            self.mend()
        mended = time.monotonic()
        self.assert_accepted(device.provision(limit_s=30))
        answered = time.monotonic() - mended
        self.await_ready(True)
        print(f"{self.name}: answered {answered:.1f} s, ready {time.monotonic() - mended:.1f} s after it", flush=True)

    def setUp(self) -> None:
        self.repairs: list[str] = []  # SQL
        self.await_ready(True)

    def mend(self) -> None:
        """Ends what the case broke."""
        for repair in self.repairs:
            self.superuser(repair)
        self.repairs.clear()

    def superuser(self, sql: str) -> str:
        return self.stack.cluster.sql(sql)

    def said(self) -> str:
        try:
            return self.fetch("/readyz?verbose")[1]
        except OSError:
            return ""

    def since_start(self) -> str:
        """The log since the service was started last."""
        return self.stack.service.log.read_text().rpartition('"stopping"')[2]
