"""A million devices of two years: how long operators wait for each question of the documentation, each filter of `device list`, and
the fleet page. All that is printed has been measured."""

from __future__ import annotations

import re
import statistics
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from bench_case import ROOT, BenchTest

from daemon import clean_environment
from measuring import TINY
from stack import within

DEVICES = 1_000_000
FILTER_MS = 200
PAGE_MS = 300

# Half of the fleet has a label, all of it last in the order of ids; a thousandth has another one.
LABELS = """
SET search_path = registry;
SET session_replication_role = replica;
INSERT INTO device_label SELECT device_id, jsonb_build_object('site', 'hall-' || abs(hashtext(device_id)) % 1000, 'note', md5(device_id),
  'region', CASE WHEN substr(device_id, 7)::bigint % 1000000 < 500000 THEN 'south' ELSE 'north' END) FROM device;
VACUUM ANALYZE device_label;
"""
# Nobody was away: what is asked for is found nowhere, which takes longest.
ALL_ONLINE = """
SET search_path = registry;
SET session_replication_role = replica;
UPDATE presence SET online = true, last_seen_at = now(), seen_on = (now() AT TIME ZONE 'UTC')::date;
VACUUM ANALYZE presence;
"""
# Each filter where it has many devices and where it has none.
FILTERS = ("", "--state ready", "--state off", "--state revoked", "--state suspended --state registered", "--group meters", "--group none",
           "--label region=south", "--label region=north", "--label site=hall-7", "--label site=none", "--attribute model=M-3",
           "--attribute model=none", "--not-seen 90m", "--not-seen 12h", "--not-seen 7d", "--online yes", "--online no",
           "--id-prefix meter-00077", "--id-prefix none", "--after meter-000900000")
COMBINED = ("--group cameras --state revoked", "--group cameras --not-seen 7d", "--group cameras --online no", "--state off --group meters",
            "--label region=north --state revoked", "--label region=north --not-seen 7d", "--attribute model=M-3 --state revoked",
            "--attribute model=M-3 --attribute firmware_version=1.3.4", "--online yes --not-seen 12h")
PAGES = {"first screen": "/", "devices": "/?view=devices", "devices that are off": "/?view=devices&state=off",
         "devices with a label": "/?view=devices&label=region%3Dnorth", "devices that are offline": "/?view=devices&online=no",
         "a ready device": "/?device=meter-000777777", "a suspended device": "/?device=meter-000000015"}


# What else operators asked, beside the questions of the documentation.
ALSO = """
SELECT * FROM registry.devices WHERE device_id = 'meter-1';
SELECT * FROM registry.certificates WHERE serial = (SELECT serial FROM registry.certificates WHERE device_id = 'meter-1');
SELECT device_id, serial FROM registry.certificates WHERE issuer = '0011223344556677' LIMIT 100;
SELECT device_id, not_after FROM registry.certificates WHERE issuer = '8899aabbccddeeff';
SELECT device_id, state FROM registry.devices WHERE token_id = 'ffaea3bf517f14e7';
SELECT device_id, state, labels FROM registry.devices WHERE labels @> '{"site": "hall-7"}' LIMIT 100;
SELECT device_id, state FROM registry.devices WHERE attributes @> '{"model": "M-3", "firmware_version": "1.3.4"}' LIMIT 100;
SELECT a.tracking_id, c.serial FROM registry.attempts a JOIN registry.certificates c USING (device_id, generation)
  WHERE a.tracking_id = (SELECT tracking_id FROM registry.attempts WHERE device_id = 'meter-1' LIMIT 1);
SELECT at, device_id, action, reason FROM registry.events WHERE group_name = 'pumps' AND reason IS NOT NULL ORDER BY at DESC LIMIT 100;
SELECT device_id, state FROM registry.devices WHERE state = 'suspended' LIMIT 100;
SELECT * FROM registry.credentials WHERE device_id = 'meter-1';
SELECT * FROM registry.rights WHERE device_id = 'meter-1';
SELECT * FROM registry.tokens;
"""


def questions() -> list[str]:
    """The statements that only read, about devices that are there."""
    operations, registry = (ROOT / "docs/operations.md").read_text(), (ROOT / "docs/registry.md").read_text()
    found = []
    for text in (operations.split("## What operators ask")[1].split("## What operators do")[0],
                 registry.split("## Views")[1].split("## Functions")[0]):
        blocks = re.findall(r"^```sql\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        found += [*blocks, *(f"{each};\n" for each in re.findall(r"`(SELECT [^`]*)`", text))]
    text = "".join(found).replace("\\x on\n", "") + ALSO
    text = re.sub(r"'meter-(\d)'", r"'meter-00033333\1'", text).replace("'...'", "'00000000-0000-0000-0000-000000000000'")
    text = text.replace("'meter-' || n AS device_id FROM generate_series(1, 3)",
                        "'meter-' || lpad(n::text, 9, '0') AS device_id FROM generate_series(1, 1000)")
    statements = re.findall(r"^\S.*?(?:;| \\gset)$", text, re.MULTILINE | re.DOTALL)
    return [each for each in statements if "registry.approve(" not in each]


class Million(BenchTest):
    def setUp(self) -> None:
        self.setup = self.bench(TINY)
        self.stack = self.setup.stack
        self.stack.tune()

    def psql(self, script: str) -> str:
        """As somebody at psql sees it who looks at the time."""
        connection = {"PGHOST": "127.0.0.1", "PGPORT": str(self.stack.cluster.port), "PGDATABASE": "latchkey", "PGUSER": "operator",
                      "PGPASSWORD": self.stack.passwords["operator"]}
        result = subprocess.run(["psql", "--no-psqlrc", "--quiet", "--echo-queries", "--output=/dev/null", "--set=ON_ERROR_STOP=1"],
                                input="\\timing on\n" + script, capture_output=True, text=True, env=clean_environment(connection))
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def list_devices(self, flags: str) -> None:
        subprocess.run([self.stack.binary, "device", "list", "--format", "ids", *flags.split()], check=True, capture_output=True,
                       env=clean_environment(self.stack.environment))

    def visit(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.stack.http_port}{path}") as answer:
            return answer.read()

    def took(self, what: str, act: Any, argument: str, limit: int | None, repetitions: int = 5) -> str | None:
        """Prints what some took; a complaint if even the shortest, which other work on the machine delays least, is too long."""
        times = []
        for _ in range(repetitions):
            began = time.monotonic()
            act(argument)
            times.append((time.monotonic() - began) * 1000)
        line = f"{min(times):8.0f} ms, median {statistics.median(times):4.0f} ms, longest {max(times):4.0f} ms  {what}"
        print(line, flush=True)
        return line if limit and min(times) > limit else None

    def test_operators_do_not_wait(self) -> None:
        began = time.monotonic()
        self.setup.fill(DEVICES)
        self.stack.cluster.sql(LABELS)
        print(f"a million devices and their labels were there after {time.monotonic() - began:.0f} s", flush=True)
        # As the service does hourly.
        self.stack.cluster.sql("SET search_path = registry; SELECT summarize()")
        print(f"load {Path('/proc/loadavg').read_text().split()[0]}", flush=True)
        asked = questions()
        self.assertGreater(len(asked), 35)
        for text, ms in re.findall(r"^(.+?)\nTime: ([0-9.]+) ms", self.psql("\n".join(asked)), re.MULTILINE | re.DOTALL):
            print(f"{float(ms):8.0f} ms  {' '.join(text.split())}", flush=True)
        wrong = [self.took(f"device list {each}", self.list_devices, each, FILTER_MS) for each in FILTERS]
        for each in COMBINED:
            self.took(f"device list {each}", self.list_devices, each, None)
        within(60, "the fleet is counted", lambda: b"<strong>1,000,000</strong>" in self.visit("/"))
        wrong += [self.took(name, self.visit, path, PAGE_MS, 15) for name, path in PAGES.items()]
        self.stack.cluster.sql(ALL_ONLINE)
        for each in ("--online no", "--not-seen 90m", "--not-seen 7d"):
            wrong.append(self.took(f"device list {each}, while all are online", self.list_devices, each, FILTER_MS))
        self.assertEqual([each for each in wrong if each], [])
