#!/usr/bin/python3
"""Measures Latchkey against its own limits, in one run on one machine: `./dev bench [--quick] [--json]`. The table's
lines are explained in docs/performance.md. Starts a private stack (release build, no TLS, a durable database) and ends it."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "support"))

from daemon import StackError, clean_environment  # noqa: E402
from mosquitto import Broker  # noqa: E402
from postgres import url  # noqa: E402
from stack import Stack, end_orderly  # noqa: E402

RELEASE = REPOSITORY / "build" / "release"
BENCH = RELEASE / "latchkey-bench"
GROUP = "bench"

Figures = dict[str, Any]


class PlainBroker(Broker):
    """The shipped configuration without TLS, and an account that is all devices at once."""

    def configure(self, pki: Path) -> None:
        super().configure(pki)
        lines = self.configuration.read_text().splitlines()
        first = [line for line in lines[:lines.index("# --- Operational: provisioned devices, by mutual TLS.")]
                 if not line.startswith(("certfile", "keyfile", "tls_version"))]
        self._write(self.configuration, "\n".join(first) + "\n")
        acl = self.folder / "mosquitto.acl"
        rights = ("user @bench", "topic write provisioning/v1/+/request", "topic read provisioning/v1/+/response",
                  "topic write devices/+/status", "topic read devices/+/config")
        self._write(acl, "\n".join(rights) + "\n\n" + acl.read_text())

    def _make_accounts(self, accounts: list[str]) -> None:
        super()._make_accounts([*accounts, "bench"])


class BenchStack(Stack):
    make_broker = PlainBroker

    def service_settings(self) -> dict[str, dict[str, Any]]:
        settings = super().service_settings()
        settings["mqtt"]["url"] = f"mqtt://127.0.0.1:{self.broker.bootstrap_port}"
        del settings["mqtt"]["ca_file"]
        settings["log"]["level"] = "warning"
        return settings


def cpu_s(pid: int) -> float:
    """Seconds of processor that a process has taken, in user and kernel mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_bytes(pid: int, name: str) -> int:
    """`VmRSS` (resident now) or `VmHWM` (most ever)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise StackError(f"no {name} of process {pid}")


class Bench:
    def __init__(self, stack: BenchStack, folder: Path, quick: bool) -> None:
        self.stack = stack
        self.quick = quick
        self.key = folder / "group.key"
        self.database_password = folder / "database.password"
        self.database_password.write_text(stack.passwords["latchkey"] + "\n")
        self.runs = 0
        self.figures: Figures = {}

    def talk(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    # --- its parts

    def tool(self, *arguments: str | float) -> Figures:
        result = subprocess.run([str(BENCH), *map(str, arguments)], capture_output=True, text=True, env=clean_environment())
        if result.returncode != 0:
            raise StackError(f"latchkey-bench {arguments[0]}: {result.stderr.strip()}")
        return json.loads(result.stdout)

    def broker_flags(self, account: str) -> list[str]:
        broker = self.stack.broker
        return ["--port", str(broker.bootstrap_port), "--username", f"@{account}", "--password-file",
                str(broker.password_file(account))]

    def load(self, task: str, devices: int, *flags: str | float, prefix: str = "") -> Figures:
        """`flags` as of latchkey-bench; each run has devices of its own unless `prefix` names those of another."""
        self.runs += 1
        prefix = prefix or f"run{self.runs}"
        figures = self.tool("load", *self.broker_flags("bench"), "--task", task, "--devices", devices, "--prefix", prefix,
                            "--group", GROUP, "--group-key-file", self.key, "--device-ca-file",
                            self.stack.pki / "device-ca.pem", *flags)
        if figures.get("wrong"):
            raise StackError(f"wrong answers: {figures['faults']}")
        return figures | {"prefix": prefix}

    def served(self, task: str, devices: int, *flags: str | float, prefix: str = "") -> Figures:
        """A load on the service, with what it cost the service."""
        pid = self.stack.service.pid
        assert pid
        before = cpu_s(pid)
        figures = self.load(task, devices, *flags, prefix=prefix)
        return figures | {"service_cpu_us": (cpu_s(pid) - before) * 1e6 / devices}

    @contextmanager
    def echo(self, answer_bytes: float) -> Iterator[int]:
        """The echo in the service's place; its pid."""
        self.stack.service.stop()
        argv = [str(BENCH), "echo", *self.broker_flags("service"), "--answer-bytes", str(round(answer_bytes))]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, env=clean_environment(), text=True) as process:
            try:
                assert process.stdout
                if process.stdout.readline() != "ready\n":
                    raise StackError("the echo does not come up")
                yield process.pid
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait()
        self.stack.service.start()

    # --- what is measured

    def run(self) -> Figures:
        devices = 10000 if self.quick else 30000
        self.enroll()
        self.talk("warming up")
        self.load("provision", 3000)
        self.provisioning(devices)
        self.ceilings(devices)
        self.statuses(devices)
        self.latency()
        self.burst()
        pid = self.stack.service.pid
        assert pid
        self.figures["rss_max_bytes"] = max(self.figures["rss_max_bytes"], memory_bytes(pid, "VmHWM"))
        return self.figures

    def enroll(self) -> None:
        self.stack.latchkey("enroll", "group", GROUP, "--generate-key", str(self.key), "--config",
                            '{"report_interval_s":60}')

    def provisioning(self, devices: int) -> None:
        self.talk(f"provisioning {devices} devices, HS256 + CSR")
        served = self.served("provision", devices)
        self.provisioned = served
        pid = self.stack.service.pid
        assert pid
        self.figures |= {"hs256_csr_per_s": served["per_s"], "service_cpu_us_per_device": served["service_cpu_us"],
                         "hs256_csr_lost": served["lost"], "rss_max_bytes": memory_bytes(pid, "VmHWM")}

    def ceilings(self, devices: int) -> None:
        self.talk("ceilings: echo, crypto, database")
        with self.echo(self.provisioned["answer_bytes"]) as pid:
            before = cpu_s(pid)
            echo = self.load("provision", devices, "--unchecked")
            echo_cpu = (cpu_s(pid) - before) * 1e6 / devices
        crypto = self.tool("crypto", "--seconds", 1 if self.quick else 3)
        database = self.tool("database", "--url", url("latchkey", self.stack.cluster.port), "--password-file",
                             self.database_password, "--group", GROUP, "--devices", devices, "--prefix", "database")
        ceilings = (echo["per_s"], crypto["hs256_csr_per_s"], database["per_s"])
        combined = 1 / sum(1 / each for each in ceilings)
        self.figures |= {
            "echo_per_s": echo["per_s"], "crypto_per_s": crypto["hs256_csr_per_s"], "database_per_s": database["per_s"],
            "combined_per_s": combined, "ratio_to_combined": self.figures["hs256_csr_per_s"] / combined,
            "ratio_to_echo": self.figures["hs256_csr_per_s"] / echo["per_s"], "echo_service_cpu_us": echo_cpu,
            "crypto_floor_us_per_device": crypto["hs256_csr_us"],
            "es256_x5c_csr_floor_us": crypto["es256_x5c_csr_us"],
            "cpu_ratio": self.figures["service_cpu_us_per_device"] / (crypto["hs256_csr_us"] + echo_cpu)}

    def statuses(self, devices: int) -> None:
        self.talk("statuses and whole journeys")
        status = self.served("connect", devices, prefix=self.provisioned["prefix"])
        journey = self.served("journey", devices // 2)
        self.figures |= {"status_per_s": status["per_s"], "status_lost": status["lost"],
                         "status_cpu_us": status["service_cpu_us"],
                         "status_ratio": status["per_s"] / self.figures["hs256_csr_per_s"],
                         "journey_per_s": journey["per_s"], "journey_lost": journey["lost"]}

    def latency(self) -> None:
        half = self.figures["hs256_csr_per_s"] / 2
        seconds = 10 if self.quick else 30
        for name, rate in (("200", 200.0), ("half", half)):
            self.talk(f"latency at {rate:.0f}/s for {seconds} s")
            at = self.served("provision", round(rate * seconds), "--rate", rate)
            for percentile in ("p50", "p99", "p999"):
                self.figures[f"{percentile}_ms_at_{name}"] = at[f"{percentile}_ms"]

    def burst(self) -> None:
        self.talk("10,000 devices at once")
        burst = self.served("provision", 10000, "--window", 10000, "--repeat")
        self.figures |= {"burst_10000_s": burst["seconds"], "burst_lost": burst["lost"] + burst["refused"],
                         "burst_repeats": burst["repeats"]}


ROWS = (
    ("ceiling: echo", "echo_per_s", "/s", ""),
    ("ceiling: crypto", "crypto_per_s", "/s", ""),
    ("ceiling: database", "database_per_s", "/s", ""),
    ("combined", "combined_per_s", "/s", ""),
    ("provisioned, HS256 + CSR", "hs256_csr_per_s", "/s", ""),
    ("  of combined", "ratio_to_combined", "", ">= 0.75"),
    ("  of echo", "ratio_to_echo", "", ""),
    ("statuses", "status_per_s", "/s", ""),
    ("  of provisioned", "status_ratio", "", ">= 1.5"),
    ("whole journeys", "journey_per_s", "/s", ""),
    ("service CPU a device", "service_cpu_us_per_device", "us", ""),
    ("  of floor + echo's", "cpu_ratio", "", "<= 1.5"),
    ("crypto floor a device", "crypto_floor_us_per_device", "us", ""),
    ("echo's CPU a device", "echo_service_cpu_us", "us", ""),
    ("p50 at 200/s", "p50_ms_at_200", "ms", "<= 5"),
    ("p99 at 200/s", "p99_ms_at_200", "ms", "<= 20"),
    ("p99.9 at 200/s", "p999_ms_at_200", "ms", ""),
    ("p50 at half of the maximum", "p50_ms_at_half", "ms", ""),
    ("p99 at half of the maximum", "p99_ms_at_half", "ms", ""),
    ("p99.9 at half of the maximum", "p999_ms_at_half", "ms", ""),
    ("burst of 10,000", "burst_10000_s", "s", "<= 15"),
    ("  lost", "burst_lost", "", "= 0"),
    ("most memory", "rss_max_bytes", "MB", "< 256"),
)


def table(figures: Figures) -> str:
    lines = [f"{'':30} {'measured':>12}      bar"]
    for title, name, unit, bar in ROWS:
        value = figures[name] / (1 << 20) if unit == "MB" else figures[name]
        digits = 0 if unit in ("/s", "MB") or name == "burst_lost" else 2
        lines.append(f"{title:30} {value:12,.{digits}f} {unit:4} {bar}".rstrip())
    return "\n".join(lines)


def main() -> int:
    end_orderly()
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under five minutes: fewer devices, shorter runs")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="latchkey-bench-") as name:
        stack = BenchStack(Path(name) / "stack", RELEASE / "latchkey")
        os.chmod(name, 0o755)
        try:
            stack.start()
            figures = Bench(stack, Path(name), arguments.quick).run()
        except StackError as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
        finally:
            stack.stop()
    print(json.dumps(figures, indent=2) if arguments.json else table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
