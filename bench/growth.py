"""How cost grows with rows, groups, rights, devices at the gate, and rate: `./dev bench --growth`. Processor time a device is the main
figure, because other work on the machine changes it least. docs/performance.md explains each."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gate_bars import LIMIT_S, rows_of
from measuring import GROUP, PARTS, Bench, Figures, talk
from processes import forget_files

CPU = tuple(f"{part}_cpu_us" for part in PARTS)
COLD_FROM = 1_000_000  # rows: below, all of it is read within a second


@dataclass(frozen=True)
class Steps:
    """What is measured, and how many devices take part."""

    rows: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
    groups: tuple[int, ...] = (1, 10, 100, 1_000)
    rights: tuple[int, ...] = (0, 1, 4, 16, 64)
    known: tuple[int, ...] = (100, 1_000, 10_000, 100_000, 1_000_000)
    rates: tuple[int, ...] = (50, 100, 200, 400, 800, 1_600, 3_200)
    devices: int = 10_000
    cold: int = 30_000
    seconds: int = 10
    runs: int = 3


SHORT = Steps(rows=(100, 1_000), groups=(1, 3), rights=(0, 64), known=(100,), rates=(50, 100), devices=100, cold=50, seconds=1, runs=1)


def medians(runs: list[Figures], names: tuple[str, ...]) -> Figures:
    return {name: statistics.median(run[name] for run in runs) for name in names}


class Growth:
    """`on_a_stack` gives each measurement that fills the registry one of its own."""

    def __init__(self, on_a_stack: Callable[[Callable[[Bench], Figures]], Figures], steps: Steps) -> None:
        self.on_a_stack = on_a_stack
        self.steps = steps

    def run(self) -> Figures:
        small = self.on_a_stack(self.in_a_small_registry)
        rows = [self.on_a_stack(lambda bench, n=count: self.beside(bench, n)) for count in self.steps.rows]  # type: ignore[misc]
        return {"rows": rows, **small}

    def in_a_small_registry(self, bench: Bench) -> Figures:
        bench.enroll()
        bench.load("provision", bench.sizes.warm)
        return {"rate": self.rates(bench), "rights": self.rights(bench), "groups": self.groups(bench), "known": self.known(bench)}

    def provisioned(self, bench: Bench, *flags: str | float) -> Figures:
        runs = [bench.served("provision", self.steps.devices, *flags) for _ in range(self.steps.runs)]
        return medians(runs, (*CPU, "per_s"))

    def beside(self, bench: Bench, rows: int) -> Figures:
        talk(f"{rows:,} devices come into the registry")
        bench.stack.tune()
        bench.fill(rows)
        asked = bench.operators_wait()["operators_ms"]
        bench.enroll()
        point = {"x": rows, "one_ms": max(ms for what, ms in asked.items() if "WHERE device_id" in what),
                 "list_ms": max(ms for what, ms in asked.items() if "LIMIT 100" in what)}
        if rows >= COLD_FROM:
            point |= self.cold(bench)
        bench.load("provision", max(bench.sizes.warm, rows // 100))  # as in `Bench.beside`
        point |= self.provisioned(bench)
        return point | {"p99_ms": self.at(bench, 100)["p99_ms"]}

    def cold(self, bench: Bench) -> Figures:
        """The first devices after a start, while no index is in memory."""
        bench.stack.service.stop()
        bench.stack.postgres.stop()
        forget_files(bench.stack.cluster.data)
        bench.stack.postgres.start()
        bench.stack.service.start()
        before = self.pages_read(bench)
        cold = bench.served("provision", self.steps.cold)
        pages = (self.pages_read(bench) - before) / self.steps.cold
        return {f"cold_{name}": cold[name] for name in (*CPU, "per_s")} | {"cold_pages": pages}

    def pages_read(self, bench: Bench) -> float:
        """By PostgreSQL, since the statistics began; a backend tells its own once a second."""
        time.sleep(1.5)
        return float(bench.stack.cluster.sql("SELECT blks_read FROM pg_stat_database WHERE datname = 'latchkey'"))

    def at(self, bench: Bench, rate: int) -> Figures:
        return bench.served("provision", rate * self.steps.seconds, "--rate", rate)

    def rates(self, bench: Bench) -> list[Figures]:
        """Those that it can keep up with, and the most that it can."""
        most = self.provisioned(bench)
        rates = [rate for rate in self.steps.rates if rate < most["per_s"]]
        talk(f"at {', '.join(map(str, rates))} devices a second")
        points = [{"x": rate} | medians([self.at(bench, rate)], (*CPU, "p99_ms")) for rate in rates]
        return [*points, {"x": round(most["per_s"])} | {name: most[name] for name in CPU}]

    def rights(self, bench: Bench) -> list[Figures]:
        talk("rights: journeys of devices with more and more of them")
        points = []
        for count in self.steps.rights:
            templates = [f"site/{n}" for n in range(count)]
            rights = json.dumps({"shared": {"publish": templates[::2], "subscribe": templates[1::2]}}) if count else "null"
            bench.stack.sql(f"SELECT registry.set_group_rights('{GROUP}', '{rights}', 'the bench')")
            runs = [bench.served("journey", self.steps.devices // 2, "--endpoint-port", bench.stack.broker.device_port)
                    for _ in range(self.steps.runs)]
            points.append({"x": count} | medians(runs, CPU))
        bench.stack.sql(f"SELECT registry.set_group_rights('{GROUP}', 'null', 'the bench')")
        return points

    def groups(self, bench: Bench) -> list[Figures]:
        talk("groups: newcomers of one after the other")
        points: list[Figures] = []
        made = 0
        for count in self.steps.groups:
            self.enroll_groups(bench, made, count)
            made = count
            bench.load("provision", max(count, bench.sizes.warm), "--groups", count)
            points.append({"x": count} | self.provisioned(bench, "--groups", count))
        return points

    def enroll_groups(self, bench: Bench, first: int, end: int) -> None:
        def enroll(number: int) -> None:
            bench.stack.latchkey("enroll", "group", f"{GROUP}-{number}", "--key-file", str(bench.key), "--device-config",
                                 '{"report_interval_s":60}')

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(enroll, range(first, end)))

    def known(self, bench: Bench) -> list[Figures]:
        """By the gate's own bench; its limits are those of 100,000 devices, so they are not looked at here."""
        talk(f"the gate, with up to {max(self.steps.known):,} devices")
        points = []
        for count in self.steps.known:
            argv = [str(bench.build / "latchkey-gate-bench"), str(count)]
            printed = subprocess.run(argv, capture_output=True, text=True, timeout=LIMIT_S, cwd=bench.folder).stdout
            figures = {row.what: row.value for row in rows_of(printed)}
            points.append({"x": count, "password_us": figures["CONNECT with a password"], "acl_us": figures["an ACL decision by a right"],
                           "right_bytes": figures[f"memory of one of {count} rights"]})
        return points
