"""What is looked at while a fleet lives for long, again and again: processes, tables, how long devices wait. Afterwards a line
through each, and a bar on how much it may rise in an hour."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from processes import family
from slopes import Line, line_through
from world import World

WARM_UP = 0.5  # of the samples, not judged: retention has ended history several times by then
SHORTEST_S = 1200.0  # what is judged: a line through less says nothing
KIB = 1024.0

# Tables that keep what happened, until their retention ends: a row for each ...
FEW_ROWS = 1000.0  # less tells nothing of bytes a row: pages are 8 KiB
KEPT = {"attempt": "request", "event": "change or act", "credential": "generation", "config_history": "configuration that was set"}
TABLES = """
  SELECT regexp_replace(relname, '_(default|[0-9]{4}_[0-9]{2})$', '') AS name, sum(pg_table_size(relid)) AS size,
    sum(pg_indexes_size(relid)) AS indexes, sum(n_live_tup) AS live, sum(n_dead_tup) AS dead
  FROM pg_stat_user_tables WHERE schemaname = 'registry' GROUP BY 1"""

# How much more of it may be there after an hour: a part of its mean, and something beside it.
BARS = {
    "memory KiB": (0.05, 1024.0), "descriptors": (0.0, 2.0), "files": (0.1, 20.0), "threads": (0.0, 1.0), "processes": (0.0, 1.0),
    "load": (0.2, 1.0), "dead %": (0.0, 20.0),  # autovacuum waits for a fifth of the rows
    "table KiB": (0.1, 256.0), "index KiB": (0.1, 256.0), "dead rows": (0.25, 1000.0), "live rows": (0.02, 20.0),
    "bytes a row": (0.05, 10.0), "index bytes a row": (0.05, 10.0), "p50 ms": (0.2, 0.5), "p99 ms": (0.2, 2.0),
}

Sample = dict[str, float]


def sample(world: World) -> Sample:
    found: Sample = {}
    for name, daemon in (*((each.name, each) for each in world.services), ("broker", world.stack.mosquitto)):
        assert daemon.pid
        found |= {f"{name}: {what}": value for what, value in process(daemon.pid).items()}
    assert world.stack.postgres.pid
    database = [each for pid in family(world.stack.postgres.pid) if (each := process(pid))]
    # Each of its processes keeps the files open that it has used, tables and indexes, within a limit of its own.
    found["machine: load"] = os.getloadavg()[0]
    return found | tables(world) | {"database: memory KiB": sum(each["memory KiB"] for each in database),
                                    "database: files": sum(each["descriptors"] for each in database),
                                    "database: processes": float(len(database))}


def process(pid: int) -> Sample:
    """Memory: pages of its own, not those that it shares with others. Nothing of one that has ended meanwhile."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        return {"memory KiB": field(status, "RssAnon"), "threads": field(status, "Threads"),
                "descriptors": float(len(os.listdir(f"/proc/{pid}/fd")))}
    except (FileNotFoundError, ProcessLookupError):
        return {}


def field(status: str, name: str) -> float:
    if found := re.search(rf"(?m)^{name}:\s+(\d+)", status):
        return float(found[1])
    raise ProcessLookupError(name)  # a zombie has no memory


def tables(world: World) -> Sample:
    found: Sample = {}
    for row in json.loads(world.stack.cluster.sql(f"SELECT json_agg(r) FROM ({TABLES}) r")):
        name, rows = row["name"], max(float(row["live"]), 1.0)
        found[f"{name}: live rows"] = float(row["live"])
        is_kept = name in KEPT and rows >= FEW_ROWS
        dead = 100 * float(row["dead"]) / (rows + float(row["dead"])) if is_kept else float(row["dead"])
        found[f"{name}: {'dead %' if is_kept else 'dead rows'}"] = dead
        if is_kept:
            found[f"{name}: bytes a row"] = float(row["size"]) / rows
            found[f"{name}: index bytes a row"] = float(row["indexes"]) / rows
        else:
            found[f"{name}: table KiB"] = float(row["size"]) / KIB
            found[f"{name}: index KiB"] = float(row["indexes"]) / KIB
    return found


class Samples:
    """All that was seen, also as lines of JSON in `file`."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.began = time.monotonic()
        self.seen: list[tuple[float, Sample]] = []

    def add(self, one: Sample) -> None:
        at = time.monotonic() - self.began
        self.seen.append((at, one))
        with self.file.open("a") as lines:
            lines.write(json.dumps({"at": round(at, 1)} | one) + "\n")

    @property
    def judged(self) -> list[tuple[float, Sample]]:
        return self.seen[int(len(self.seen) * WARM_UP):]

    def lines(self) -> Iterator[tuple[str, Line, float]]:
        """What it is, the line through it, and its bar; those of rows that are kept by design have none."""
        for name in sorted({name for _, one in self.judged for name in one}):
            points = [(at, one[name]) for at, one in self.judged if name in one]
            if len(points) < 3:
                continue
            line = line_through([at for at, _ in points], [value for _, value in points])
            thing, _, what = name.partition(": ")
            part, more = BARS[what]
            grows = thing in KEPT and what == "live rows"
            yield name, line, float("inf") if grows else line.mean * part + more

    def rising(self) -> list[str]:
        """Latency says nothing of this program while the load of the machine rises."""
        if not self.judged or self.judged[-1][0] - self.judged[0][0] < SHORTEST_S:
            return []
        rising = {name: (line, bar) for name, line, bar in self.lines() if line.rises_beyond(bar)}
        is_busier = rising.pop("machine: load", None) is not None
        return [f"I8 {name} rises by {line.per_hour:.1f} +- {line.doubt:.1f} an hour (mean {line.mean:.1f}, bar {bar:.1f})"
                for name, (line, bar) in rising.items() if not (is_busier and name.startswith("latency"))]

    def table(self) -> str:
        """Of what changed at all."""
        heads = f"{'':42}{'first':>12}{'last':>12}{'mean':>12}{'an hour':>12}{'+-':>10}{'bar':>12}"
        rows = []
        for name, line, bar in self.lines():
            values = [one[name] for _, one in self.judged if name in one]
            if min(values) == max(values):
                continue
            rows.append(f"{name:42}{values[0]:12,.1f}{values[-1]:12,.1f}{line.mean:12,.1f}{line.per_hour:12,.1f}{line.doubt:10,.1f}"
                        f"{'by design' if bar == float('inf') else f'{bar:,.1f}':>12}")
        return "\n".join([heads, *rows])
