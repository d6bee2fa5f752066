"""./dev bench measures all that it promises, on figures too small to say anything: every answer is checked, none is lost."""

from __future__ import annotations

import unittest
from xml.etree import ElementTree

from bench_case import BenchTest

import curves
import profiles
from bench import ROWS, table
from growth import SHORT, Growth
from measuring import TINY
from plot import draw

# Of issue and page: whoever reads them by a program relies on these.
NAMES = """echo_per_s crypto_per_s database_per_s combined_per_s echo_service_cpu_us status_per_s journey_per_s hs256_csr_per_s
es256_x5c_csr_per_s token_password_per_s service_cpu_us_per_device crypto_floor_us_per_device p50_ms_at_200 p99_ms_at_200
burst_10000_s burst_lost rows_1m_ratio rss_max_bytes naive_per_s""".split()


class Benchmark(BenchTest):
    def test_a_whole_run_has_every_figure_and_loses_nothing(self) -> None:
        figures = self.bench(TINY).run(peers=True)
        self.assertEqual([name for name in NAMES if figures.get(name) is None], [])
        self.assertEqual({name: value for name, value in figures.items() if name.endswith("lost") and value}, {})
        self.assertGreater(figures["waiting_10000_bytes"], 0)
        self.assertEqual(len(table(figures).splitlines()), 1 + len(ROWS))
        ElementTree.fromstring(draw(figures))

    def test_beside_devices_of_two_years_operators_are_answered_and_newcomers_get_in(self) -> None:
        figures = self.bench(TINY).beside(2000)
        self.assertGreater(figures["per_s"], 0)
        self.assertGreater(len(figures["operators_ms"]), 20)

    def test_profiles_of_real_life_lose_nobody_and_believe_no_attacker(self) -> None:
        figures = profiles.Profiles(self.bench(TINY), profiles.SHORT).run()
        asked = dict(power_cut=200, no_jitter=200, renewal_wave=50, factory_line=50, honest_alone=160, honest_attacked=160)
        for name, devices in asked.items():
            with self.subTest(name):
                felt = figures[name]
                self.assertEqual((felt["devices"], felt["refused"], felt["lost"]), (devices, 0, 0))
                self.assertTrue(0 < felt["p50_ms"] <= felt["p99_ms"], felt)
        self.assertGreater(figures["honest_attacked"]["hostile_messages"], 200)
        self.assertEqual(figures["honest_alone"]["hostile_messages"], 0)
        shown = profiles.table(figures)
        for title, _ in profiles.ROWS:
            self.assertIn(f"\n{title} ", shown)

    def test_growth_has_each_curve(self) -> None:
        figures = Growth(lambda measured: measured(self.bench(TINY)), SHORT).run()
        self.assertEqual([point["x"] for point in figures["rows"]], [100, 1000])
        self.assertEqual([point["x"] for point in figures["groups"]], [1, 3])
        self.assertEqual(len(curves.table(figures).split("\n\n")), len(curves.TITLES))
        ElementTree.fromstring(curves.draw(figures))


if __name__ == "__main__":
    unittest.main()
