"""The gate in a real Mosquitto with 1,000 open sessions: SIGHUP, and their end (docs/gate.md)."""

from __future__ import annotations

import resource
import select
import time

from gate_case import FAR, GateTest, login_of

from bars import report
from gate_broker import GateBroker
from wire import Wire

SESSIONS = 1000
LIMIT_OF_END_S = 1.0


class Many(GateTest):
    make_broker = GateBroker

    def setUp(self) -> None:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 20_000), most))  # the broker inherits it
        super().setUp()
        names = [f"p{n}" for n in range(SESSIONS)]
        for start in range(0, SESSIONS, 20):
            self.commander.say(*(f"d 1 {name} 0 {login_of(1, name)}" for name in names[start:start + 20]))
        self.sessions = {name: self.with_password(name, 1, name) for name in names}

    def test_sighup_ends_none_and_a_denial_of_all_ends_all_at_once(self) -> None:
        self.reload()
        self.assertEqual(self.lost(0.5), 0)
        neighbour = self.device("m1")
        begin = time.monotonic()
        names = list(self.sessions)
        for start in range(0, SESSIONS, 100):
            self.commander.say(*(f"d 2 {name} {FAR}" for name in names[start:start + 100]))
        self.commander.settle()
        self.assertEqual(self.lost(LIMIT_OF_END_S - (time.monotonic() - begin)), SESSIONS)
        report("1,000 sessions are ended", time.monotonic() - begin, "s", LIMIT_OF_END_S)
        self.assertFalse(neighbour.is_lost(0.1))

    def test_a_snapshot_without_their_passwords_ends_all(self) -> None:
        begin = time.monotonic()
        self.commander.snapshot(floor=5)
        self.assertEqual(self.lost(5), SESSIONS)
        report("1,000 sessions are ended by a snapshot", time.monotonic() - begin, "s", LIMIT_OF_END_S)

    def lost(self, limit_s: float) -> int:
        """How many sessions the broker ends within the time; returns early when it has ended all."""
        open_ones: dict[int, Wire] = {wire._client.socket().fileno(): wire for wire in self.sessions.values()}
        poll = select.poll()
        for number in open_ones:
            poll.register(number, select.POLLIN)
        deadline = time.monotonic() + limit_s
        while open_ones and (left := deadline - time.monotonic()) > 0:
            for number, _ in poll.poll(left * 1000):
                if open_ones[number].is_lost(0):
                    poll.unregister(number)
                    del open_ones[number]
        return len(self.sessions) - len(open_ones)
