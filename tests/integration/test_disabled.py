"""A group that is disabled: a device of it that is connected is told nothing more, can open no session, and is kept out."""

from __future__ import annotations

import secrets
import time

from access_case import LIMIT_S, AccessTest

from foreign_device import Device, SymmetricKey
from stack import within
from wire import WireError


class Disabled(AccessTest):
    def of_group(self, group: str, device_id: str) -> Device:
        key, file = self.write_key(group)
        self.enroll("group", group, "--proof", "symmetric_key", "--key-file", str(file))
        device = self.device(device_id, SymmetricKey.of_group(group, key, device_id))
        self.assert_accepted(device.provision())
        return device

    def await_let_in(self, device: Device) -> None:
        """What the broker did is noted for acts on single devices only: so it is tried."""
        def look() -> bool:
            try:
                return bool(device.become_ready())
            except WireError:
                return False
        within(LIMIT_S, "it is let in", look)

    def test_a_device_of_a_disabled_group_is_cut_off_until_it_is_enabled(self) -> None:
        device = self.of_group("cut-off", self.name)
        session = self.session(device)
        took = self.cut_off_after(session, "disable_group('cut-off', 'a leak')")
        print(f"cut off after {took * 1000:.0f} ms")
        self.assert_kept_out(device)
        device.request_id = secrets.token_urlsafe(16)
        self.assert_rejected(device.provision(), "unauthorized")
        self.act("enable_group('cut-off', 'a new key')")
        self.await_let_in(device)

    def test_an_individual_enrolment_that_is_disabled_as_well(self) -> None:
        device = self.provisioned(self.name)
        self.cut_off_after(self.session(device), f"disable_device('{self.name}', 'lost')")
        self.assert_kept_out(device)
        self.act(f"enable_device('{self.name}', 'found')")
        self.await_let_in(device)

    def test_a_device_with_a_key_of_its_own_goes_on_while_its_group_is_disabled(self) -> None:
        session = self.session(self.provisioned(self.name))
        self.act("disable_group('meters', 'a look')")
        try:
            self.assertEqual(session.say("ready", config_version=1)["state"], "ready")
        finally:
            self.act("enable_group('meters', 'looked')")


class NotCut(AccessTest):
    """Where the broker cannot be told to end a session."""

    settings = {"broker_access": {"mode": "none", "username": "", "password_file": ""}}

    def test_a_connected_device_of_a_disabled_group_is_told_nothing(self) -> None:
        key, file = self.write_key("told")
        self.enroll("group", "told", "--proof", "symmetric_key", "--key-file", str(file))
        device = self.device(self.name, SymmetricKey.of_group("told", key, self.name))
        self.assert_accepted(device.provision())
        session = self.session(device)
        session.say("ready", config_version=1)
        self.act("disable_group('told', 'a leak')")
        self.act("set_group_config('told', '{\"secret\": 1}', 'not for who leaked')")
        self.assertIsNone(session.listen(time.monotonic() + 3), "a configuration was pushed")
        with device.connect() as another:
            another.tell("connected", generation=1)
            self.assertIsNone(another.listen(time.monotonic() + 2), "a session was opened")
        with device.connect() as third:
            self.act("enable_group('told', 'a new key')")
            self.assertEqual(third.say("connected", generation=1)["config"], {"secret": 1})
