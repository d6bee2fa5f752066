"""The fleet's configuration changes while a registry has a million devices and 10,000 of them are online, and newcomers register as
before. It is printed how long the operator waits, when the last device has its new configuration, and what newcomers feel.

The devices that are online share one connection. To the service it makes no difference: it publishes to each device's topic, and each
device answers by itself."""

from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from bench_case import BenchTest

from measuring import TINY, Figures
from stack import within
from wire import new_client

DEVICES = 1_000_000
ONLINE = 10_000
NEWCOMERS_PER_S = 100
NEWCOMERS_S = 60
OPERATOR_S = 1
PUSHED_S = 60
P99_RATIO = 2
ALL_S = 1200
WALK_S = 5400  # through all devices, in a fifth of the time
NOBODY_ONLINE = """
SET search_path = registry;
SET session_replication_role = replica;
UPDATE presence SET online = false;
VACUUM ANALYZE presence;
"""


class OnlineDevices:
    """Apply each configuration and say so, as devices do. `applied`: which version was the first new one, and when it came."""

    def __init__(self, port: int, password_file: Path) -> None:
        self.applied: dict[str, float] = {}
        self._client = new_client("online devices", paho.MQTTv311)
        self._client.username_pw_set("@bench", password_file.read_text().strip())
        self._client.on_connect = lambda client, *_: client.subscribe("devices/+/config", qos=1)
        self._client.on_message = self._apply
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def end(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _apply(self, _client: object, _data: object, message: Any) -> None:
        if message.payload[:1] != b"e":  # no JWS: what the service asks itself over the broker
            return
        body = message.payload.split(b".")[1]
        configuration = json.loads(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
        device_id, version = configuration["device_id"], configuration["config_version"]
        if version < 2 or device_id in self.applied:
            return
        self.applied[device_id] = time.monotonic()
        ready = {"status": "ready", "session": configuration["session"], "config_version": version}
        self._client.publish(f"devices/{device_id}/status", json.dumps(ready), qos=1)


class FleetConfig(BenchTest):
    def setUp(self) -> None:
        self.setup = self.bench(TINY)
        self.stack = self.setup.stack
        self.stack.tune()
        self.setup.fill(DEVICES)
        self.stack.cluster.sql(NOBODY_ONLINE)
        self.setup.enroll()

    def newcomers(self, when: str) -> Figures:
        figures = self.setup.served("provision", NEWCOMERS_PER_S * NEWCOMERS_S, "--rate", NEWCOMERS_PER_S)
        print(f"{when}: newcomers, {NEWCOMERS_PER_S} a second: p50 {figures['p50_ms']:.1f} ms, p99 {figures['p99_ms']:.1f} ms, "
              f"lost {figures['lost']}", flush=True)
        self.assertEqual((figures["lost"], figures["refused"]), (0, 0), when)
        return figures

    def left(self) -> int:
        """What is still to be looked at or sent."""
        return int(self.stack.cluster.sql("SELECT (SELECT count(*) FROM registry.config_change) + (SELECT count(*) FROM registry.config_due)"))

    def test_the_online_devices_get_it_first(self) -> None:
        ready = self.setup.load("journey", ONLINE, "--endpoint-port", self.stack.broker.device_port)
        self.assertEqual(ready["lost"], 0, "the machine is too busy for this test")
        online = OnlineDevices(self.stack.broker.bootstrap_port, self.stack.broker.password_file("bench"))
        self.addCleanup(online.end)
        before = self.newcomers("before")
        with ThreadPoolExecutor(1) as pool:
            meanwhile = pool.submit(self.newcomers, "meanwhile")
            began = time.monotonic()
            self.stack.latchkey("configuration", "set", '{"pushed": true}', "--fleet", "--reason", "a test")
            waited = time.monotonic() - began
            within(ALL_S, "all devices have the new configuration", lambda: len(online.applied) == ONLINE)
            last = max(online.applied.values()) - began
            print(f"the operator waited {waited:.2f} s, the last of {ONLINE:,} online devices had it after {last:.1f} s; "
                  f"load {Path('/proc/loadavg').read_text().split()[0]}", flush=True)
            ratio = meanwhile.result()["p99_ms"] / before["p99_ms"]
        within(WALK_S, "each device was looked at", lambda: self.left() == 0)
        print(f"p99 meanwhile, of p99 before: {ratio:.2f}; all {DEVICES:,} were looked at after {time.monotonic() - began:.0f} s", flush=True)
        self.assertLessEqual(waited, OPERATOR_S)
        self.assertLessEqual(last, PUSHED_S)
        self.assertLessEqual(ratio, P99_RATIO)
