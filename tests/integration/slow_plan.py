"""`latchkey plan` forecasts for this machine, from what one run of the bench measured, how long another run takes."""

from __future__ import annotations

import json
import subprocess
import sys
import unittest

from bench_case import BenchTest

from measuring import Sizes

SIZES = Sizes(devices=4000, fewer=4000, seconds=1, reconnects=40_000)
DEVICES = 5000


class Plan(BenchTest):
    def test_a_forecast_is_within_a_quarter_of_what_the_bench_measures(self) -> None:
        bench = self.bench(SIZES)
        stack = bench.stack
        bench.enroll()
        bench.load("provision", SIZES.warm)
        bench.provisioning()
        bench.statuses()
        figures = bench.folder / "figures.json"
        figures.write_text(json.dumps(bench.figures | {"tls_us": {"server": 1, "mutual": 1}}))
        # The bench's stack has no TLS.
        plan = subprocess.run([str(stack.binary), "plan", "--devices", str(DEVICES), "--figures", str(figures), "--json", "--without-tls"],
                              capture_output=True, text=True, check=True)
        forecast = {storm["event"]: storm["shared_s"] for storm in json.loads(plan.stdout)["at_once"]}
        journeys = bench.load("journey", DEVICES, "--endpoint-port", stack.broker.device_port)
        again = bench.load("connect", DEVICES, "--sessions", 8, prefix=journeys["prefix"])
        took = {"all come for the first time": DEVICES / journeys["per_s"], "all connect again": again["seconds"] / 8}
        ratios = {event: forecast[event] / seconds for event, seconds in took.items()}
        print(f"forecast of measured: {ratios}", file=sys.stderr)
        self.assertEqual({event: ratio for event, ratio in ratios.items() if not 0.75 <= ratio <= 1.25}, {})


if __name__ == "__main__":
    unittest.main()
