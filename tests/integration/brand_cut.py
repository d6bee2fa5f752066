"""broker_access.cut = "takeover" at brokers that ask the service over HTTP. `./dev test brands` runs it."""

from __future__ import annotations

import threading
import time

import broker_case
from access_case import LIMIT_S

from aedes_broker import AedesStack
from brand_broker import BrandStack
from foreign_device import Device
from jose import Json
from rabbitmq import RabbitStack
from stack import Settings, within
from wire import Wire


class CuttingStack(BrandStack):
    def service_settings(self) -> Settings:
        settings = super().service_settings()
        settings["broker_access"]["cut"] = "takeover"
        return settings


class CuttingRabbit(CuttingStack, RabbitStack):
    pass


class CuttingAedes(CuttingStack, AedesStack):
    pass


class RabbitCut(broker_case.BrokerTest):
    version = 4
    make_stack = CuttingRabbit

    def assert_recorded(self, device: Device) -> None:
        def look() -> Json | None:
            row = self.change(device.device_id)
            return row if row["ended_at"] else None
        row = within(2 * LIMIT_S, "the end of its session is recorded", look)
        self.assertLess(row["kept_out_at"], row["ended_at"])
        self.assertTrue(self.is_refused(device))

    def assert_ends(self, device: Device, wire: Wire) -> None:
        begin = time.monotonic()
        self.act(f"suspend('{device.device_id}', 'why')")
        self.assertTrue(wire.is_lost(LIMIT_S), "the session goes on")
        print(f"the session ended after {(time.monotonic() - begin) * 1000:.0f} ms", end=" ... ", flush=True)
        self.assert_recorded(device)

    def test_the_session_of_a_revoked_device_that_only_listens_ends(self) -> None:
        for wants in ("x509", "password"):
            with self.subTest(wants):
                device = self.new(f"listens-{wants}", wants=wants)
                wire = self.session(device).wire
                wire.subscribe(f"plant/{device.device_id}/commands/go")
                self.assert_ends(device, wire)

    def test_the_session_of_a_revoked_device_that_publishes_without_a_pause_ends(self) -> None:
        device = self.new()
        wire = self.session(device).wire
        heard = self.account_wire("platform", "plant/+/telemetry/#")
        stop = threading.Event()

        def publish() -> None:
            while not stop.wait(0.005) and not wire.is_lost(0):
                wire.post(f"plant/{device.device_id}/telemetry/known", b"1")

        publisher = threading.Thread(target=publish)
        publisher.start()
        self.addCleanup(publisher.join)
        self.addCleanup(stop.set)
        for _ in range(20):
            self.assertTrue(heard.receive())
        self.act(f"suspend('{device.device_id}', 'why')")
        last = begin = time.monotonic()
        while time.monotonic() < begin + LIMIT_S and heard.receive(1):
            last = time.monotonic()
        publisher.join(LIMIT_S)
        self.assertFalse(publisher.is_alive(), "the session goes on")
        print(f"the last message came after {(last - begin) * 1000:.0f} ms", end=" ... ", flush=True)
        self.assert_recorded(device)


class AedesCut(RabbitCut):
    make_stack = CuttingAedes
