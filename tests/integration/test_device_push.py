"""What operators change reaches `latchkey-device run`: configurations, another endpoint, a decision."""

from __future__ import annotations

from run_case import RunTest


class DevicePush(RunTest):
    def test_it_applies_what_is_pushed(self) -> None:
        device = self.running(*self.key_flags())
        device.expect("ready")
        self.stack.sql(f"SELECT registry.set_device_config('{self.name}', '{{\"a\": 1}}', 'why')")
        device.expect("configuration", state="ready", config_version=2)
        self.await_row(self.name, state="ready", config_version=2, applied_config_version=2)

    def test_it_moves_to_another_endpoint_and_stays_there(self) -> None:
        device = self.running(*self.key_flags())
        device.expect("ready")
        self.stack.sql(f"SELECT registry.set_fleet_endpoint('127.0.0.1', {self.stack.broker.device_port}, reason => 'why')")
        device.expect("moving", host="127.0.0.1")
        device.expect("connected", host="127.0.0.1")
        self.await_row(self.name, state="ready", config_version=2, applied_config_version=2, online=True)
        self.assertEqual(device.stop(), 0)
        self.running("--key-file", str(self.folder / f"{self.name}.key")).expect("connected", host="127.0.0.1")

    def test_it_asks_again_at_once_when_it_is_approved(self) -> None:
        _, file = self.write_key(self.name)
        self.enroll("group", self.name, "--proof", "symmetric_key", "--key-file", str(file), "--admission", "approval")
        own = self.folder / f"{self.name}.own.key"
        own.write_text(self.stack.latchkey("enroll", "derive-key", self.name, "--group-key-file", str(file)))
        device = self.running("--key-file", str(own), "--group", self.name)
        device.expect("answer", status="pending")
        self.stack.sql(f"SELECT registry.approve('{self.name}', 'why')")
        device.expect("answer", status="retry", code="decided")
        device.expect("ready")
