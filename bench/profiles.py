"""Profiles of real life: `./dev bench --profiles`. Unlike the closed loop, devices come when their world makes them come, and
repeat what is not answered as docs/protocol.md, 7, says. What docs/performance.md explains: what each honest device felt."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from daemon import StackError
from measuring import PARTS, Bench, Figures, talk

FIGURES = Path(__file__).resolve().parents[1] / "docs" / "performance.json"
JITTER_S = 30  # after a power cut (docs/protocol.md, 7)
AT_ONCE_S = 0.1
HOSTILE_PERCENT = 20


@dataclass(frozen=True)
class Lives:
    """How many devices, how many a second, for how long."""

    fleet: int = 20_000
    jitter_s: float = JITTER_S
    renewals: int = 5000
    wave_s: float = 20
    line_per_s: int = 50
    line_s: float = 30
    honest_per_s: int = 160
    honest_s: float = 20


SHORT = Lives(fleet=200, jitter_s=1, renewals=50, wave_s=1, line_s=1, honest_s=1)

ROWS = (("power cut", "power_cut"), ("  without jitter", "no_jitter"), ("renewal wave", "renewal_wave"), ("factory line", "factory_line"),
        ("honest alone", "honest_alone"), ("honest, 20 % hostile", "honest_attacked"))
COLUMNS = ("devices", "p50_ms", "p99_ms", "late_s", "repeats", "told_later", "refused", "lost")


class Profiles:
    def __init__(self, bench: Bench, lives: Lives) -> None:
        self.bench = bench
        self.lives = lives
        self.signs = ("--endpoint-port", bench.stack.broker.device_port)  # what devices sign `connected` over

    def run(self) -> Figures:
        self.bench.enroll()
        self.bench.load("journey", self.bench.sizes.warm, *self.signs, "--repeat")
        return {**self.power_cut(), "renewal_wave": self.renewal_wave(), "factory_line": self.factory_line(), **self.attacked()}

    def felt(self, task: str, devices: int, lasts_s: float, *flags: str | float, prefix: str = "") -> Figures:
        """`late_s`: from when the last device was due at the latest until all had got what they wanted."""
        served = self.bench.served(task, devices, *flags, "--repeat", prefix=prefix)
        if served["believed"]:
            raise StackError(f"{served['believed']} attackers who are not enrolled got a signed answer")
        figures = {name: served[name] for name in COLUMNS if name != "late_s"} | {"late_s": max(0.0, served["seconds"] - lasts_s)}
        return figures | {"cpu_us": sum(served[f"{part}_cpu_us"] for part in PARTS), "hostile_messages": served["hostile_messages"]}

    def power_cut(self) -> Figures:
        fleet, jitter_s = self.lives.fleet, self.lives.jitter_s
        talk(f"{fleet:,} devices become ready")
        prefix = self.bench.load("journey", fleet, *self.signs, "--repeat")["prefix"]
        talk("power cut: all of them connect again, with jitter, then at once")
        spread = self.felt("connect", fleet, jitter_s, "--spread", jitter_s, prefix=prefix)
        at_once = self.felt("connect", fleet, 0, "--spread", AT_ONCE_S, prefix=prefix)
        return {"power_cut": spread, "no_jitter": at_once | {"planned_s": self.planned(fleet)}}

    def planned(self, fleet: int) -> float:
        """How long that takes, says `latchkey plan` by the recorded figures."""
        argv = [self.bench.build / "latchkey", "plan", "--devices", fleet, "--processors", os.cpu_count() or 1, "--without-tls",
                "--figures", FIGURES, "--json"]
        printed = subprocess.run(list(map(str, argv)), stdout=subprocess.PIPE, text=True, check=True).stdout
        return next(float(storm["shared_s"]) for storm in json.loads(printed)["at_once"] if storm["event"] == "all connect again")

    def renewal_wave(self) -> Figures:
        renewals, wave_s = self.lives.renewals, self.lives.wave_s
        talk(f"renewal wave: {renewals:,} devices within {wave_s:g} s")
        return self.felt("renew", renewals, wave_s, *self.signs, "--spread", wave_s)

    def factory_line(self) -> Figures:
        rate, lasts_s = self.lives.line_per_s, self.lives.line_s
        talk(f"factory line: {rate} devices a second for {lasts_s:g} s")
        return self.felt("journey", round(rate * lasts_s), lasts_s, *self.signs, "--rate", rate)

    def attacked(self) -> Figures:
        """The honest come at the same rate, first alone, then with attackers among them."""
        rate, lasts_s = self.lives.honest_per_s, self.lives.honest_s
        talk(f"{rate} honest devices a second for {lasts_s:g} s, then with {HOSTILE_PERCENT} % hostile ones")
        alone = self.felt("journey", round(rate * lasts_s), lasts_s, *self.signs, "--rate", rate)
        everyone = rate * 100 / (100 - HOSTILE_PERCENT)
        attacked = self.felt("journey", round(everyone * lasts_s), lasts_s, *self.signs, "--rate", everyone, "--hostile", HOSTILE_PERCENT)
        return {"honest_alone": alone, "honest_attacked": attacked | {"p99_of_alone": attacked["p99_ms"] / alone["p99_ms"]}}


def table(figures: Figures) -> str:
    heads = ("devices", "p50 ms", "p99 ms", "late s", "repeats", "told later", "refused", "lost")
    lines = [f"{'':22}" + "".join(f"{head:>11}" for head in heads)]
    for title, name in ROWS:
        values = (figures[name][column] for column in COLUMNS)
        cells = (f"{value:11,.{1 if isinstance(value, float) else 0}f}" for value in values)
        lines.append(f"{title:22}" + "".join(cells))
    cut, attacked = figures["no_jitter"], figures["honest_attacked"]
    return "\n".join([*lines, "", f"without jitter all are back after {cut['late_s']:.1f} s; `latchkey plan` by the recorded figures: "
                      f"{cut['planned_s']:.1f} s", f"p99 beside {attacked['hostile_messages']:,} hostile messages, of p99 alone: "
                      f"{attacked['p99_of_alone']:.2f}"])
