#!/usr/bin/python3
"""Measures Latchkey against its own limits, in one run on one machine: `./dev bench [--quick] [--json] [--peers]`. The
table's lines are explained in docs/performance.md. Starts a private stack (release build, no TLS, a durable database) and
ends it."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "support"))

import curves  # noqa: E402
import gate_bars  # noqa: E402
import profiles  # noqa: E402
from daemon import StackError  # noqa: E402
from growth import Growth, Steps  # noqa: E402
from measuring import FULL, QUICK, Bench, Figures, micro  # noqa: E402
from plain_stack import PlainStack  # noqa: E402
from plot import draw  # noqa: E402
from stack import end_orderly  # noqa: E402

RELEASE = REPOSITORY / "build" / "release"
DOCS = REPOSITORY / "docs"

# Title, name, unit, bar.
ROWS = (
    ("ceiling: echo", "echo_per_s", "/s", ""),
    ("ceiling: crypto", "crypto_per_s", "/s", ""),
    ("ceiling: database", "database_per_s", "/s", ""),
    ("combined", "combined_per_s", "/s", ""),
    ("provisioned, HS256 + CSR", "hs256_csr_per_s", "/s", ""),
    ("  of combined", "ratio_to_combined", "", ">= 0.75"),
    ("  of echo", "ratio_to_echo", "", ""),
    ("provisioned, ES256 x5c + CSR", "es256_x5c_csr_per_s", "/s", ""),
    ("provisioned, token + password", "token_password_per_s", "/s", ""),
    ("statuses", "status_per_s", "/s", ""),
    ("  of provisioned", "status_ratio", "", ">= 1.5"),
    ("  without signature and sealing", "unprotected_status_per_s", "/s", ""),
    ("reconnects", "reconnect_per_s", "/s", ""),
    ("  lost", "reconnects_lost", "n", "= 0"),
    ("whole journeys", "journey_per_s", "/s", ""),
    ("CPU a device: service", "service_cpu_us_per_device", "us", ""),
    ("  of floor + echo's", "cpu_ratio", "", "<= 1.5"),
    ("  without sealing", "unsealed_service_cpu_us", "us", ""),
    ("CPU a device: broker", "broker_cpu_us_per_device", "us", ""),
    ("CPU a device: database", "database_cpu_us_per_device", "us", ""),
    ("crypto floor a device", "crypto_floor_us_per_device", "us", ""),
    ("echo's CPU a device", "echo_service_cpu_us", "us", ""),
    ("pure path of its floor, HS256", "hs256_csr_path_ratio", "", "<= 1.5"),
    ("pure path of its floor, x5c", "es256_x5c_csr_path_ratio", "", "<= 4"),
    ("p50 at 200/s", "p50_ms_at_200", "ms", "<= 5"),
    ("p99 at 200/s", "p99_ms_at_200", "ms", "<= 20"),
    ("p99.9 at 200/s", "p999_ms_at_200", "ms", ""),
    ("p50 at half of the maximum", "p50_ms_at_half", "ms", ""),
    ("p99 at half of the maximum", "p99_ms_at_half", "ms", ""),
    ("p99.9 at half of the maximum", "p999_ms_at_half", "ms", ""),
    ("burst of 10,000", "burst_10000_s", "s", "<= 15"),
    ("  lost", "burst_lost", "n", "= 0"),
    ("  repeated requests", "burst_repeats", "n", ""),
    ("two replicas, of one", "replicas_2_ratio", "", ""),
    ("1 million rows, of empty", "rows_1m_ratio", "", ">= 0.9"),
    ("memory of 10,000 waiting", "waiting_10000_bytes", "MB", ""),
    ("most memory", "rss_max_bytes", "MB", "< 256"),
    ("naive", "naive_per_s", "/s", ""),
    ("  Latchkey of it", "naive_ratio", "", ""),
)
BESIDE = (
    ("provisioned, empty registry", "empty_per_s", "/s", ""),
    ("devices in the other", "rows", "n", ""),
    ("provisioned beside them", "rows_per_s", "/s", ""),
    ("  of empty", "rows_ratio", "", ""),
)
DIGITS = {"/s": 0, "MB": 0, "n": 0}


def table(figures: Figures) -> str:
    lines = [f"{'':32} {'measured':>12}      bar"]
    for title, name, unit, bar in (*ROWS, *BESIDE):
        if name not in figures:
            continue
        value = figures[name] / (1 << 20) if unit == "MB" else figures[name]
        lines.append(f"{title:32} {value:12,.{DIGITS.get(unit, 2)}f} {unit.replace('n', ''):4} {bar}".rstrip())
    lines += [f"{ms:10,.1f} ms  {what}" for what, ms in figures.get("operators_ms", {}).items()]
    return "\n".join(lines)


def machine() -> str:
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return (f"{datetime.date.today()}, {os.cpu_count()} processors ({model[1] if model else platform.machine()}), "
            f"{platform.freedesktop_os_release()['PRETTY_NAME']}")


def record(figures: Figures, how: str) -> None:
    """The figures, their plot and their table become what the page shows."""
    file = DOCS / "performance.json"
    others = {name: value for name, value in json.loads(file.read_text()).items() if name in ("profiles", "growth")}  # of another run
    file.write_text(json.dumps({"measured_on": machine()} | figures | others, indent=2) + "\n")
    (DOCS / "performance.svg").write_text(draw(figures) + "\n")
    show("figures", how, table(figures))
    scaling = DOCS / "scaling.md"
    scaling.write_text(re.sub(r"(?ms)^```console\n(\$ latchkey (plan .*?)\n).*?^```$", planned, scaling.read_text()))


def record_part(name: str, figures: Figures, how: str, shown: str) -> None:
    """The figures of a run of its own."""
    file = DOCS / "performance.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {name: {"measured_on": machine()} | figures}, indent=2) + "\n")
    show(name, how, shown)


def show(block: str, how: str, figures: str) -> None:
    """The block of performance.md gets these figures."""
    page = DOCS / "performance.md"
    shown = f"<!-- {block} -->\n```\n{how}\n\n{figures}\n```\n<!-- end -->"
    page.write_text(re.sub(rf"(?s)<!-- {block} -->.*?<!-- end -->", lambda _: shown, page.read_text()))


def planned(block: re.Match[str]) -> str:
    """The block with what its command prints of the figures that were just recorded."""
    argv = [RELEASE / "latchkey", *block[2].split(), "--figures", DOCS / "performance.json"]
    return f"```console\n{block[1]}{subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout}```"


T = TypeVar("T")


def on_a_stack(quick: bool, measure: Callable[[Bench], T]) -> T:
    with tempfile.TemporaryDirectory(prefix="latchkey-bench-") as name:
        os.chmod(name, 0o755)
        stack = PlainStack(Path(name) / "stack", RELEASE / "latchkey")
        try:
            stack.start()
            return measure(Bench(stack, Path(name), RELEASE, QUICK if quick else FULL))
        finally:
            stack.stop()


def measure_beside(quick: bool, rows: int) -> Figures:
    """A registry each: the load's own devices are not to stand among those of the other."""
    empty = on_a_stack(quick, lambda bench: bench.beside(0))
    full = on_a_stack(quick, lambda bench: bench.beside(rows))
    return full | {"empty_per_s": empty["per_s"], "rows_per_s": full["per_s"], "rows_ratio": full["per_s"] / empty["per_s"]}


def measure(arguments: argparse.Namespace) -> Figures:
    if arguments.micro:
        return micro(RELEASE)
    if arguments.rows:
        return measure_beside(arguments.quick, arguments.rows)
    return on_a_stack(arguments.quick, lambda bench: bench.run(arguments.peers))


def measure_gate(records: bool) -> int:
    rows = gate_bars.measure(RELEASE)
    load = os.getloadavg()[1]
    how = f"./dev bench --gate: {machine()}; {load:.1f} processes wanted to run on average"
    if records:
        gate_bars.record(rows, how)
    print(f"{how}\n\n{gate_bars.table(rows)}")
    return 0 if all(row.is_kept for row in rows) else 1


def measure_part(arguments: argparse.Namespace, name: str, measured: Callable[[], Figures], table_of: Callable[[Figures], str]) -> int:
    figures = measured()
    how = f"./dev bench --{name}: {machine()}; {os.getloadavg()[1]:.1f} processes wanted to run on average"
    if arguments.record:
        record_part(name, figures, how, table_of(figures))
    if arguments.record and name == "growth":
        (DOCS / "growth.svg").write_text(curves.draw(figures) + "\n")
    print(json.dumps(figures, indent=2) if arguments.json else f"{how}\n\n{table_of(figures)}")
    return 0


def measure_profiles() -> Figures:
    return on_a_stack(True, lambda bench: profiles.Profiles(bench, profiles.Lives()).run())


def measure_growth(most_rows: int) -> Figures:
    steps = Steps()
    rows = tuple(rows for rows in steps.rows if rows <= (most_rows or max(steps.rows)))
    return Growth(lambda measured: on_a_stack(True, measured), replace(steps, rows=rows)).run()


def main() -> int:
    end_orderly()
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under five minutes: fewer devices, shorter runs")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    parser.add_argument("--peers", action="store_true", help="send the requests to bench/naive as well")
    parser.add_argument("--rows", type=int, default=0, metavar="N",
                        help="measure only before and after N devices are in the registry, operators' queries included")
    parser.add_argument("--micro", action="store_true", help="measure only a request without broker and database, against OpenSSL alone (seconds)")
    parser.add_argument("--gate", action="store_true", help="measure only the gate, against its limits (minutes); 1: one is not kept")
    parser.add_argument("--profiles", action="store_true",
                        help="measure only what devices feel in a power cut, a renewal wave, on a factory line, among attackers (minutes)")
    parser.add_argument("--growth", action="store_true",
                        help="measure only how cost grows with rows (to ten million, which takes 43 GB of disk, or to those of --rows), "
                             "groups, rights, devices at the gate and rate (half an hour)")
    parser.add_argument("--record", action="store_true", help="write table, plot and figures to docs/")
    arguments = parser.parse_args()
    # Connections of their own for thousands of devices, at both ends.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        if arguments.gate:
            return measure_gate(arguments.record)
        if arguments.profiles:
            return measure_part(arguments, "profiles", measure_profiles, profiles.table)
        if arguments.growth:
            return measure_part(arguments, "growth", lambda: measure_growth(arguments.rows), curves.table)
        figures = measure(arguments)
    except StackError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if arguments.record and not arguments.micro and not arguments.rows:
        flags = "".join(f" --{name}" for name in ("quick", "peers") if getattr(arguments, name))
        record(figures, f"./dev bench{flags}: {machine()}")
    print(json.dumps(figures, indent=2) if arguments.json else table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
