"""What `./dev bench` measures, one after the other on one stack. The figures' names are those of `--json`."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon import StackError, clean_environment
from handshakes import handshakes
from plain_stack import PlainStack
from postgres import url
from processes import cpu_s, family, family_cpu_s, memory_bytes

HERE = Path(__file__).resolve().parent
GROUP = "bench"
STAGES = ("wait", "decode", "load", "decide", "commit", "answer")
STEPS = ("decode", "authenticate", "decide", "issue", "answer")
PARTS = ("service", "broker", "database")
TABLES = ("device", "presence", "credential", "attempt", "event")

Figures = dict[str, Any]


@dataclass(frozen=True)
class Sizes:
    """How many, and how long. `devices` provision where it is measured how fast; the names of the figures say the rest."""

    devices: int
    fewer: int  # where a device costs more: ES256, tokens, whole journeys
    seconds: int  # of a run at a given rate
    warm: int = 3000
    reconnects: int = 100_000
    burst: int = 10_000
    waiting: int = 10_000
    rows: int = 1_000_000
    naive: int = 2000
    handshakes: int = 500
    crypto_s: float = 1
    micro_s: float = 0.1


FULL = Sizes(devices=30_000, fewer=15_000, seconds=30, crypto_s=3)
QUICK = Sizes(devices=10_000, fewer=5000, seconds=10)
# For a test that all of it works: its figures say nothing.
TINY = Sizes(devices=300, fewer=100, seconds=1, warm=50, reconnects=600, burst=300, waiting=600, rows=2000, naive=50, handshakes=2,
             crypto_s=0.1, micro_s=0.01)


def talk(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def micro(build: Path, seconds: float = 0.1) -> Figures:
    """The pure path, and each step of it, against its floor: medians of CPU time, floor and path taking turns."""
    argv = [str(build / "latchkey-micro"), "--benchmark_format=json", "--benchmark_repetitions=5",
            "--benchmark_enable_random_interleaving=true", f"--benchmark_min_time={seconds}"]
    result = subprocess.run(argv, capture_output=True, text=True)
    if result.returncode != 0:
        raise StackError(f"latchkey-micro: {result.stderr.strip()}")
    us = {each["run_name"]: each["cpu_time"] / 1000
          for each in json.loads(result.stdout)["benchmarks"] if each.get("aggregate_name") == "median"}
    figures: Figures = {}
    for kind in ("hs256_csr", "es256_x5c_csr"):
        figures |= {f"{kind}_floor_us": us[f"floor/{kind}"], f"{kind}_path_us": us[f"path/{kind}"],
                    f"{kind}_path_ratio": us[f"path/{kind}"] / us[f"floor/{kind}"],
                    f"{kind}_step_us": {step: us[f"{step}/{kind}"] for step in STEPS}}
    return figures | {"sealing_us": us["path/hs256_csr"] - us["unsealed"],
                      "status_protection_us": us["status/as_protected"] - us["status/plain"]}


class Bench:
    def __init__(self, stack: PlainStack, folder: Path, build: Path, sizes: Sizes) -> None:
        self.stack = stack
        self.build = build
        self.sizes = sizes
        self.folder = folder
        self.key = folder / "group.key"
        self.token = folder / "group.token"
        self.factory = folder / "factory"
        self.database_password = folder / "database.password"
        self.database_password.write_text(stack.passwords["latchkey"] + "\n")
        self.runs = 0
        self.figures: Figures = {}

    def run(self, peers: bool = False) -> Figures:
        self.enroll()
        talk("warming up")
        self.load("provision", self.sizes.warm)
        self.provisioning()
        self.ceilings()
        self.statuses()
        self.other_proofs()
        self.latency()
        self.burst()
        self.replicas()
        self.waiting()
        talk("the pure path")
        self.figures |= micro(self.build, self.sizes.micro_s)
        self.without_protection()
        if peers:
            self.naive()
        self.million()
        talk("TLS connections")
        tls = self.folder / "tls"
        tls.mkdir(0o755)
        self.figures["tls_us"] = handshakes(tls, self.build / "latchkey", self.sizes.handshakes)
        return self.figures

    def beside(self, rows: int) -> Figures:
        """How fast it is in a registry with so many devices of two years, and how long operators wait for what they ask."""
        self.stack.tune()
        figures: Figures = {"rows": rows}
        if rows:
            talk(f"{rows:,} devices come into the registry")
            self.fill(rows)
            talk("what operators ask")
            figures |= self.operators_wait()
        talk(f"provisioning beside {rows:,} devices")
        self.enroll()
        # Newcomers touch the indexes anywhere: a hundredth of the fleet brings them into memory.
        self.load("provision", max(self.sizes.warm, rows // 100))
        return figures | {"per_s": self.provisioned_per_s(), "rss_max_bytes": self.figures["rss_max_bytes"]}

    # --- its parts

    def tool(self, *arguments: str | float | Path) -> Figures:
        argv = [str(self.build / "latchkey-bench"), *map(str, arguments)]
        result = subprocess.run(argv, capture_output=True, text=True, env=clean_environment())
        return self.figures_of(argv, result.returncode, result.stdout, result.stderr)

    @staticmethod
    def figures_of(argv: list[str], status: int, out: str, err: str) -> Figures:
        if status != 0:
            raise StackError(f"latchkey-bench {argv[1]}: {err.strip()}")
        figures = json.loads(out) if out else {}
        if figures.get("wrong"):
            raise StackError(f"wrong answers: {figures['faults']}")
        return figures

    def broker_flags(self, account: str) -> list[str]:
        broker = self.stack.broker
        return ["--port", str(broker.bootstrap_port), "--username", f"@{account}", "--password-file",
                str(broker.password_file(account))]

    def load_arguments(self, task: str, devices: int, prefix: str) -> list[str | float | Path]:
        pki = self.stack.pki
        return ["load", *self.broker_flags("bench"), "--task", task, "--devices", devices, "--prefix", prefix,
                "--group", GROUP, "--group-key-file", self.key, "--device-ca-file", pki / "device-ca.pem",
                "--anchor-file", pki / "server-ca.pem"]

    def load(self, task: str, devices: int, *flags: str | float | Path, prefix: str = "") -> Figures:
        """`flags` as of latchkey-bench; each run has devices of its own unless `prefix` names those of another."""
        prefix = prefix or self.new_prefix()
        return self.tool(*self.load_arguments(task, devices, prefix), *flags) | {"prefix": prefix}

    def new_prefix(self) -> str:
        self.runs += 1
        return f"run{self.runs}"

    @property
    def service_pid(self) -> int:
        pid = self.stack.service.pid
        if pid is None:
            raise StackError(f"the service has ended:\n{self.stack.service.last_lines()}")
        self.figures["rss_max_bytes"] = max(self.figures.get("rss_max_bytes", 0), memory_bytes(pid, "VmHWM"))
        return pid

    def served(self, task: str, devices: int, *flags: str | float | Path, prefix: str = "") -> Figures:
        """A load on the service, with what it cost: the service, and what it stands on."""
        pids = (self.service_pid, self.stack.mosquitto.pid, self.stack.postgres.pid)
        before = [family_cpu_s(pid) for pid in pids if pid]
        figures = self.load(task, devices, *flags, prefix=prefix)
        after = [family_cpu_s(pid) for pid in pids if pid]
        for name, took in zip(PARTS, map(float.__sub__, after, before)):
            figures[f"{name}_cpu_us"] = took * 1e6 / devices
        self.service_pid  # noqa: B018: notes its memory
        return figures

    @contextmanager
    def instead(self, argv: list[str], environment: dict[str, str] | None = None) -> Iterator[int]:
        """Another program in the service's place, from its line "ready" on; its pid."""
        self.stack.service.stop()
        with subprocess.Popen(argv, stdout=subprocess.PIPE, env=clean_environment(environment), text=True) as process:
            try:
                assert process.stdout
                if process.stdout.readline() != "ready\n":
                    raise StackError(f"{Path(argv[-1] if argv[0].endswith('python3') else argv[0]).name} does not come up")
                yield process.pid
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait()
        self.stack.service.start()

    # --- what is measured

    def enroll(self) -> None:
        config = ("--device-config", '{"report_interval_s":60}')
        self.stack.latchkey("enroll", "group", GROUP, "--generate-key", str(self.key), *config)
        self.stack.latchkey("enroll", "group", "bench-token", "--generate-token", str(self.token), "--credential-type",
                            "password", *config)
        self.factory.mkdir()
        self.tool("factory", self.factory)
        self.stack.latchkey("enroll", "group", "bench-x509", "--ca-file", str(self.factory / "factory-ca.pem"), *config)

    def provisioning(self) -> None:
        devices = self.sizes.devices
        talk(f"provisioning {devices:,} devices, HS256 + CSR")
        before, written = self.stack.metrics(), self.wal_bytes()
        served = self.provisioned = self.served("provision", devices)
        written = self.wal_bytes() - written
        after = self.stack.metrics()

        def grown(name: str) -> float:
            return after.get(name, 0) - before.get(name, 0)

        batches = grown('latchkey_batch_size_count{kind="request"}')
        self.figures |= {
            "hs256_csr_per_s": served["per_s"], "hs256_csr_lost": served["lost"],
            "service_cpu_us_per_device": served["service_cpu_us"], "broker_cpu_us_per_device": served["broker_cpu_us"],
            "database_cpu_us_per_device": served["database_cpu_us"], "batch_size": devices / max(batches, 1),
            "wal_bytes_per_device": written / devices,
            "stage_us": {stage: grown(f'latchkey_stage_duration_seconds_sum{{stage="{stage}"}}') * 1e6 / devices
                         for stage in STAGES}}

    def wal_bytes(self) -> float:
        return float(self.stack.cluster.sql("SELECT pg_current_wal_insert_lsn() - '0/0'"))

    def ceilings(self) -> None:
        talk("ceilings: echo, crypto, database")
        devices = self.sizes.devices
        echo_argv = [str(self.build / "latchkey-bench"), "echo", *self.broker_flags("service"), "--answer-bytes",
                     str(round(self.provisioned["answer_bytes"]))]
        with self.instead(echo_argv) as pid:
            before = cpu_s(pid)
            # The window at which it is fastest: the service is at twice that.
            echo = self.load("provision", devices, "--unchecked", "--window", 256)
            echo_cpu = (cpu_s(pid) - before) * 1e6 / devices
        crypto = self.tool("crypto", "--seconds", self.sizes.crypto_s)
        database = self.tool("database", "--url", url("latchkey", self.stack.cluster.port), "--password-file",
                             self.database_password, "--group", GROUP, "--devices", devices, "--prefix", "database")
        ceilings = (echo["per_s"], crypto["hs256_csr_per_s"], database["per_s"])
        combined = 1 / sum(1 / each for each in ceilings)
        reached = self.figures["hs256_csr_per_s"]
        self.figures |= {
            "echo_per_s": echo["per_s"], "crypto_per_s": crypto["hs256_csr_per_s"], "database_per_s": database["per_s"],
            "combined_per_s": combined, "ratio_to_combined": reached / combined, "ratio_to_echo": reached / echo["per_s"],
            "echo_service_cpu_us": echo_cpu, "crypto_floor_us_per_device": crypto["hs256_csr_us"],
            "es256_x5c_crypto_per_s": crypto["es256_x5c_csr_per_s"],
            "cpu_ratio": self.figures["service_cpu_us_per_device"] / (crypto["hs256_csr_us"] + echo_cpu)}

    def statuses(self) -> None:
        devices, reconnects = self.sizes.devices, self.sizes.reconnects
        talk(f"statuses, {reconnects:,} reconnects, whole journeys")
        signs = ("--endpoint-port", self.stack.broker.device_port)
        status = self.served("connect", devices, *signs, prefix=self.provisioned["prefix"])
        sessions = -(-reconnects // devices)
        again = self.served("connect", devices, "--sessions", sessions, prefix=self.provisioned["prefix"])
        journey = self.served("journey", self.sizes.fewer, *signs)
        self.plan_needs(status, again, sessions, journey)
        self.figures |= {"status_per_s": status["per_s"], "status_lost": status["lost"],
                         "status_cpu_us": status["service_cpu_us"],
                         "status_ratio": status["per_s"] / self.figures["hs256_csr_per_s"],
                         "reconnects": again["checked"], "reconnects_lost": max(0, reconnects - again["checked"]),
                         "reconnect_per_s": again["checked"] / again["seconds"],
                         "journey_per_s": journey["per_s"], "journey_lost": journey["lost"]}

    def plan_needs(self, status: Figures, again: Figures, sessions: int, journey: Figures) -> None:
        """What `latchkey plan` reads beside the WAL: processor time by event and part, and bytes by row."""
        events = (("registration", self.provisioned, 1), ("first_connect", status, 1), ("reconnect", again, sessions),
                  ("journey", journey, 1))
        self.figures["cpu_us"] = {name: {part: served[f"{part}_cpu_us"] / times for part in PARTS} for name, served, times in events}
        self.figures["row_bytes"] = {
            table: float(self.stack.cluster.sql(f"""
                SELECT greatest(pg_total_relation_size('registry.{table}'), sum(pg_total_relation_size(relid)))
                  / (SELECT count(*) FROM registry.{table})
                FROM pg_partition_tree('registry.{table}')""")) for table in TABLES}

    def other_proofs(self) -> None:
        talk("provisioning, ES256 x5c + CSR; token + password")
        x5c = self.served("provision", self.sizes.fewer, "--proof", "certificate", "--factory", self.factory)
        token = self.served("provision", self.sizes.fewer, "--proof", "token", "--token-file", self.token)
        for name, served in (("es256_x5c_csr", x5c), ("token_password", token)):
            self.figures |= {f"{name}_per_s": served["per_s"], f"{name}_lost": served["lost"] + served["refused"],
                             f"{name}_service_cpu_us": served["service_cpu_us"]}

    def without_protection(self) -> None:
        """What it would be if nothing were sealed and no status signed: in a closed loop all processors work."""
        protection_s = self.figures["status_protection_us"] / 1e6 / (os.cpu_count() or 1)
        self.figures |= {"unsealed_service_cpu_us": self.figures["service_cpu_us_per_device"] - self.figures["sealing_us"],
                         "unprotected_status_per_s": 1 / (1 / self.figures["status_per_s"] - protection_s)}

    def latency(self) -> None:
        half = self.figures["hs256_csr_per_s"] / 2
        for name, rate in (("200", 200.0), ("half", half)):
            talk(f"latency at {rate:.0f}/s for {self.sizes.seconds} s")
            at = self.served("provision", max(1, round(rate * self.sizes.seconds)), "--rate", rate)
            for percentile in ("p50", "p99", "p999"):
                self.figures[f"{percentile}_ms_at_{name}"] = at[f"{percentile}_ms"]

    def burst(self) -> None:
        talk(f"{self.sizes.burst:,} devices at once")
        burst = self.served("provision", self.sizes.burst, "--window", self.sizes.burst, "--repeat")
        self.figures |= {"burst_10000_s": burst["seconds"], "burst_lost": burst["lost"] + burst["refused"],
                         "burst_repeats": burst["repeats"]}

    def replicas(self) -> None:
        talk("one replica, two replicas")
        one = self.served("provision", self.sizes.devices)
        second = self.stack.replica("service-2")
        second.start()
        try:
            two = self.served("provision", self.sizes.devices)
        finally:
            second.stop()
        self.figures |= {"replicas_2_per_s": two["per_s"], "replicas_2_lost": two["lost"],
                         "replicas_2_ratio": two["per_s"] / one["per_s"]}

    def waiting(self) -> None:
        """How much memory requests take that wait: for a database that does not move, in a service that is fresh."""
        count = self.sizes.waiting
        talk(f"{count:,} requests wait")
        self.stack.service.restart()
        self.load("provision", self.sizes.warm)
        before = memory_bytes(self.service_pid, "VmRSS")
        argv = [str(self.build / "latchkey-bench"),
                *map(str, self.load_arguments("provision", count, self.new_prefix())), "--window", str(count), "--await-start"]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=clean_environment()) as process:
            assert process.stdin and process.stderr
            process.stderr.readline()
            with self.stopped_database():
                process.stdin.write("\n")
                process.stdin.flush()
                most_in_work = 2 * 128  # a batch for each worker
                self.await_inbox(count - most_in_work)
                grown = memory_bytes(self.service_pid, "VmRSS") - before
            out, err = process.communicate()
        lost = self.figures_of(argv, process.returncode, out, err)["lost"]
        self.figures |= {"waiting_10000_bytes": grown, "waiting_lost": lost}

    @contextmanager
    def stopped_database(self) -> Iterator[None]:
        assert self.stack.postgres.pid
        pids = family(self.stack.postgres.pid)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def await_inbox(self, messages: int) -> None:
        limit = time.monotonic() + 4  # below the time that the service gives the database
        while self.stack.metrics()["latchkey_inbox_messages"] < messages:
            if time.monotonic() > limit:
                talk("  not all of them came in time: the machine is busy")
                return
            time.sleep(0.02)

    def million(self) -> None:
        talk(f"{self.sizes.rows:,} devices in the registry")
        if self.sizes.rows >= 1_000_000:  # which needs a machine for such settings
            self.stack.tune()
        empty = self.provisioned_per_s()
        self.fill(self.sizes.rows)
        self.load("provision", self.sizes.rows // 100)  # as in `beside`
        full = self.provisioned_per_s()
        self.figures |= {"rows_1m_per_s": full, "rows_1m_ratio": full / empty}

    def fill(self, rows: int) -> None:
        self.stack.cluster.sql(f"\\set devices {rows}\n" + (HERE / "devices.sql").read_text())

    def operators_wait(self) -> Figures:
        """Milliseconds, by what is asked."""
        said = (line.split("\t") for line in self.stack.cluster.sql((HERE / "views.sql").read_text()).splitlines())
        return {"operators_ms": {columns[0]: float(columns[1]) for columns in said if len(columns) == 4}}

    def provisioned_per_s(self) -> float:
        return statistics.median(self.served("provision", self.sizes.devices)["per_s"] for _ in range(3))

    def naive(self) -> None:
        talk("the same by bench/naive")
        cluster, broker, pki = self.stack.cluster, self.stack.broker, self.stack.pki
        environment = {"NAIVE_DB": url("postgres", cluster.port, password=cluster.superuser_password),
                       "NAIVE_BROKER": f"127.0.0.1:{broker.bootstrap_port}",
                       "NAIVE_PASSWORD_FILE": str(broker.password_file("service")), "NAIVE_GROUP": GROUP,
                       "NAIVE_GROUP_KEY_FILE": str(self.key), "NAIVE_CA_FILE": str(pki / "device-ca.pem"),
                       "NAIVE_CA_KEY_FILE": str(pki / "device-ca-key.pem")}
        with self.instead(["/usr/bin/python3", str(HERE / "naive" / "naive.py")], environment):
            naive = self.load("provision", self.sizes.naive)
        self.figures |= {"naive_per_s": naive["per_s"], "naive_lost": naive["lost"],
                         "naive_ratio": self.figures["hs256_csr_per_s"] / naive["per_s"]}
