"""10,000 devices are revoked by one command while others provision and send statuses as fast as they can: nothing deadlocks, every
session ends, and it is printed who waits how long."""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from bench_case import ROOT  # noqa: F401: the path of the modules below
from proof_case import ProofTest

from daemon import clean_environment
from foreign_device import Session
from measuring import TINY, Bench, Figures
from open_gate import OpenGateStack
from stack import BINARY, within

REVOKED = 10_000
WITH_SESSION = 100  # of them; of the others only the registry believes that they are connected
OTHERS = 15_000
LIMIT_S = 120


class GateBench(Bench):
    def broker_flags(self, account: str) -> list[str]:
        flags = super().broker_flags(account)
        flags[1] = str(self.stack.broker.plain_port)  # type: ignore[attr-defined]
        return flags


class ManyRevocations(ProofTest):
    make_stack = OpenGateStack

    def setUp(self) -> None:
        folder = self.folder / "load"
        folder.mkdir(0o755)
        binary = Path(os.environ.get("LATCHKEY_BIN", BINARY))
        self.load = GateBench(self.stack, folder, binary.parent, TINY)  # type: ignore[arg-type]
        self.stack.latchkey("enroll", "group", "bench", "--generate-key", str(self.load.key))
        self.signs = ("--endpoint-port", self.stack.broker.device_port)

    def others(self, pool: ThreadPoolExecutor, prefix: str) -> list[Future[Figures]]:
        """Newcomers, and statuses of devices that were there."""
        return [pool.submit(self.load.load, "provision", OTHERS), pool.submit(
            self.load.load, "connect", OTHERS // 10, "--sessions", 10, *self.signs, prefix=prefix)]

    def start_statuses_of(self, prefix: str) -> None:
        """Those that are revoked send statuses too; they get no answer then, and repeat them to the end of the test."""
        argv = [self.load.build / "latchkey-bench", *self.load.load_arguments("connect", REVOKED // 2, prefix), *self.signs]
        load = subprocess.Popen([*map(str, argv), "--sessions", "4"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                env=clean_environment())
        self.addCleanup(load.wait)
        self.addCleanup(load.kill)

    def told(self, when: str, figures: list[Figures]) -> None:
        for what, each in zip(("newcomers", "devices that connect ten times each"), figures):
            print(f"{when}: {what}: {each['per_s']:,.0f}/s, p50 {each['p50_ms']:.0f} ms, p99 {each['p99_ms']:.0f} ms, lost {each['lost']}, "
                  f"{each['seconds']:.1f} s", flush=True)
            self.assertEqual((each["lost"], each["refused"]), (0, 0), what)

    def open_sessions(self) -> list[Session]:
        sessions = []
        for n in range(WITH_SESSION):
            device = self.enrolled(f"session-{n}")
            self.assert_accepted(device.provision())
            session = device.connect()
            self.addCleanup(session.wire.close)
            session.say("connected", generation=session.generation)
            sessions.append(session)
        return sessions

    def last_end(self, sessions: list[Session]) -> float:
        """When the broker had ended all of them."""
        open_ones = {each.wire._client.socket().fileno(): each.wire for each in sessions}
        poll = select.poll()
        for number in open_ones:
            poll.register(number, select.POLLIN)
        deadline = time.monotonic() + LIMIT_S
        while open_ones:
            self.assertLess(time.monotonic(), deadline, f"{len(open_ones)} sessions are still open")
            for number, _ in poll.poll(1000):
                if open_ones[number].is_lost(0):
                    poll.unregister(number)
                    del open_ones[number]
        return time.monotonic()

    def revoke(self, ids: list[str]) -> tuple[float, str]:
        file = self.folder / "recalled"
        file.write_text("\n".join(ids) + "\n")
        result = subprocess.run([str(self.stack.binary), "device", "revoke", "--ids-from", str(file), "--reason", "recall", "--json"],
                                capture_output=True, text=True, timeout=LIMIT_S, env=clean_environment(self.stack.environment))
        self.assertEqual(result.returncode, 0, result.stderr)
        return time.monotonic(), result.stdout

    def test_many_are_revoked_beside_full_load(self) -> None:
        old = self.load.load("provision", OTHERS // 10)["prefix"]
        victims = self.load.load("provision", REVOKED - WITH_SESSION)["prefix"]
        self.load.load("connect", REVOKED - WITH_SESSION, *self.signs, prefix=victims)
        sessions = self.open_sessions()
        ids = [*(f"{victims}-{n}" for n in range(REVOKED - WITH_SESSION)), *(f"session-{n}" for n in range(WITH_SESSION))]
        with ThreadPoolExecutor(6) as pool:
            self.told("before", [each.result() for each in self.others(pool, old)])
            others = self.others(pool, old)
            self.start_statuses_of(victims)
            began = time.monotonic()
            ended = pool.submit(self.last_end, sessions)
            done, said = pool.submit(self.revoke, ids).result()
            within(LIMIT_S, "the gate is told of all", lambda: self.untold() == 0)
            known = time.monotonic()
            print(f"{REVOKED} revoked: the operator waited {done - began:.1f} s, the last of {WITH_SESSION} sessions ended after "
                  f"{ended.result() - began:.1f} s, the gate knew all after {known - began:.1f} s; "
                  f"load {Path('/proc/loadavg').read_text().split()[0]}", flush=True)
            self.assertEqual(json.loads(said), {"done": REVOKED, "unchanged": 0, "failed": []})
            self.told("meanwhile", [each.result() for each in others])
        self.assertEqual(self.stack.cluster.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = 'latchkey'").strip(), "0")
        self.assertEqual(self.stack.cluster.sql("SELECT count(*) FROM registry.device WHERE state = 'revoked'").strip(), str(REVOKED))

    def untold(self) -> int:
        return int(self.stack.cluster.sql("SELECT count(*) FROM registry.access_entry e JOIN registry.device d USING (device_id) "
                                          "WHERE d.state = 'revoked' AND e.untold > 0"))
