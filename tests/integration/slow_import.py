"""A million devices, with a key each, are imported from a CSV file, and once more: how long the operator waits, and what it costs."""

from __future__ import annotations

import base64
import json
import random
import resource
import time
from pathlib import Path

from bench_case import BenchTest

from measuring import TINY
from processes import family_cpu_s

DEVICES = 1_000_000


class MillionImported(BenchTest):
    def setUp(self) -> None:
        setup = self.bench(TINY)
        self.stack = setup.stack
        self.stack.tune()
        self.file = setup.folder / "devices.csv"
        keys = random.Random(1)  # so that the load is the same each time
        with self.file.open("w") as file:
            file.write("device_id,key\n")
            for n in range(DEVICES):
                file.write(f"meter-{n * 7919 % DEVICES:07d},{base64.b64encode(keys.randbytes(32)).decode()}\n")

    def imported(self, what: str) -> dict[str, int]:
        assert self.stack.postgres.pid
        database, command, began = family_cpu_s(self.stack.postgres.pid), resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        said = self.stack.latchkey("enroll", "import", "--json", str(self.file))
        took = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = after.ru_utime + after.ru_stime - command.ru_utime - command.ru_stime
        print(f"{what}: {took:.1f} s; processor time: PostgreSQL {family_cpu_s(self.stack.postgres.pid) - database:.1f} s, the command "
              f"{own:.1f} s; load {Path('/proc/loadavg').read_text().split()[0]}", flush=True)
        return json.loads(said)

    def test_a_million_are_imported(self) -> None:
        self.assertEqual(self.imported("a million new devices"), {"devices": DEVICES, "enrolled": DEVICES, "already": 0})
        self.assertEqual(self.imported("the same again"), {"devices": DEVICES, "enrolled": 0, "already": DEVICES})
        self.assertEqual(self.stack.cluster.sql("SELECT count(*) FROM registry.enrollment").strip(), str(DEVICES))
