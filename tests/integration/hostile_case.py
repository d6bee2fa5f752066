"""Between the real service and real devices stands a broker that does what an attacker likes, a random step at a time. What has
to hold after any number of steps, and what once it let go and the real broker is back (docs/guarantees.md, G28)."""

from __future__ import annotations

import os
import random
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from run_case import RunTest
from stack_case import within

from attacker import Attacker
from daemon import StackError
from device_program import DeviceProgram, Reference, Small
from factory import Factory
from foreign_device import SymmetricKey
from jose import Json, derive, generate_key, private_pem
from running_device import RunningDevice

FLEET_CONFIG = '{"id": "${device_id}", "site": "${attribute.site}"}'
PATIENCE_S = 3  # of the devices: short, so that they try all that they have


@dataclass
class Owned:
    """A device and how it is started; it may be switched off and on."""

    device_id: str
    program: DeviceProgram
    flags: list[str]
    folder: Path
    process: RunningDevice | None = None
    last: list[Json] = field(default_factory=list)  # steps, for who looks for a fault

    @property
    def is_closed(self) -> bool:
        """Its group takes the factory's proof only once."""
        return self.device_id.endswith("-x509")

    def generations(self) -> list[int]:
        return self.program.generations(self.folder) if self.folder.exists() else []


class HostileBrokerTest(RunTest):
    every = 1  # of the devices

    def hostile(self, seed: int, rounds: int, steps: int, pause_s: float, comes_back_s: float) -> None:
        """`rounds` times the attacker has the broker for so many steps, and lets go."""
        seed = int(os.environ.get("LATCHKEY_SEED", seed))
        print(f"LATCHKEY_SEED={seed}")
        self.random = random.Random(seed)
        self.stack.sql(f"SELECT registry.set_fleet_config('{FLEET_CONFIG}', 'why')")
        self.keys: dict[str, SymmetricKey] = {}
        fleet = self.fleet()
        self.attacker = Attacker(random.Random(seed), self.keys, [each.device_id for each in fleet])
        for each in fleet[::2]:  # the others meet no other broker first
            self.switch_on(each)
        for each in fleet[::2]:
            assert each.process
            each.process.expect("ready")
        for number in range(rounds):
            self.stack.mosquitto.stop()
            self.attacker.take_over((self.stack.broker.bootstrap_port, self.stack.broker.device_port), self.stack.pki)
            try:
                self.attack(fleet, steps, pause_s)
            finally:
                self.attacker.broker.close()
            self.stack.mosquitto.start()
            self.assert_all_come_back(fleet, comes_back_s)
        print(self.attacker.counts)

    def attack(self, fleet: list[Owned], steps: int, pause_s: float) -> None:
        for each in fleet:
            if not each.process:
                self.switch_on(each)
            self.attacker.known[each.device_id].signed = self.confirmed(each.device_id)
        for number in range(1, steps + 1):
            self.attacker.step()
            self.live_on(fleet)
            time.sleep(self.random.random() * 2 * pause_s)
            if number % 200 == 0 or number == steps:
                self.check(fleet, number)

    # --- the devices

    def fleet(self) -> list[Owned]:
        """Of each program one by each kind of proof and of credential, or every second of them."""
        factory = Factory("Factory CA")
        self.stack.sql(f"SELECT registry.enroll_group('factory', 'x509', registry.pem('{factory.pem}'))")
        makers: list[Callable[[], Owned]] = [make for program in (Reference(), Small()) for make in (
            partial(self.by_key, program, "x509"), partial(self.by_certificate, program, factory),
            partial(self.by_key, program, "password"))]
        fleet = [make() for make in makers[::self.every]]
        for group in self.query("SELECT name FROM registry.groups"):
            again = "deny" if group["name"] in {each.device_id for each in fleet if each.is_closed} else "rotate"
            policy = f'{{"credentials_per_hour": 1000000, "reprovisioning": "{again}"}}'
            self.stack.sql(f"SELECT registry.set_group_policy('{group['name']}', '{policy}', 'why')")
        return fleet

    def owned(self, device_id: str, program: DeviceProgram, *flags: str) -> Owned:
        return Owned(device_id, program, [*flags, "--attribute", "site=mill"], self.folder / f"device-{device_id}")

    def by_key(self, program: DeviceProgram, credential: str) -> Owned:
        device_id = f"{program.name}-{credential}"
        key, file = self.write_key(f"{device_id}-group")
        self.enroll("group", device_id, "--proof", "symmetric_key", "--key-file", str(file), "--credential-type", credential)
        own = self.folder / f"{device_id}.key"
        own.write_bytes(derive(key, device_id))
        self.keys[device_id] = SymmetricKey.of_group(device_id, key, device_id)
        return self.owned(device_id, program, "--key-file", str(own), "--group", device_id, "--credential", credential,
                          "--no-encryption-key")

    def by_certificate(self, program: DeviceProgram, factory: Factory) -> Owned:
        device_id, key = f"{program.name}-factory", generate_key("ES256")
        pem, chain = self.folder / f"{device_id}.pem", self.folder / f"{device_id}.chain"
        pem.write_bytes(private_pem(key))
        chain.write_text(ssl.DER_cert_to_PEM_cert(factory.leaf(device_id, key)))
        return self.owned(device_id, program, "--private-key-file", str(pem), "--certificate-file", str(chain))

    def switch_on(self, device: Owned) -> None:
        self.use(device.program)
        device.process = self.running(*device.flags, device_id=device.device_id, patience=PATIENCE_S)

    # --- what happens besides

    def live_on(self, fleet: list[Owned]) -> None:
        chance = self.random.random()
        device = self.random.choice(fleet)
        if chance < 0.02:
            self.cut_power(device)
        elif chance < 0.03 and device.generations():
            config = f'{{"n": {self.random.randrange(1000)}}}'
            self.stack.sql(f"SELECT registry.set_device_config('{device.device_id}', '{config}', 'why')")

    def cut_power(self, device: Owned) -> None:
        """After that its next credential may be due."""
        assert device.process
        device.process.kill()
        device.last = [*device.last, *device.process.said()][-30:]
        generations = device.generations()
        if generations and self.random.random() < 0.7:
            try:
                device.program.make_due(device.folder, self.random.choice(generations))
            except FileNotFoundError:
                pass  # it is not whole
        self.switch_on(device)

    # --- what has to hold

    def live(self, device_id: str) -> dict[int, str]:
        """Credentials that have not ended, by generation."""
        rows = self.stack.cluster.sql(f"SELECT generation, status FROM registry.credential WHERE device_id = '{device_id}' "
                                      "AND status IN ('issued', 'active') AND not_after > now()")
        return {int(generation): status for generation, status in (row.split("\t") for row in rows.splitlines())}

    def confirmed(self, device_id: str) -> int:
        return int(self.stack.cluster.sql(f"SELECT coalesce(max(confirmed), 0) FROM registry.device WHERE device_id = '{device_id}'"))

    def check(self, fleet: list[Owned], number: int) -> None:
        self.assertEqual(self.attacker.signed, [], f"step {number}")
        for each in fleet:
            self.check_credentials(each, number)

    def check_credentials(self, device: Owned, number: int) -> None:
        """The credential that the device confirmed last is good until the device itself confirms the next. One that has to
        come back by a credential has a good one."""
        before = device.generations()
        confirmed, live = self.confirmed(device.device_id), self.live(device.device_id)
        held = {*before, *device.generations()}
        what = f"step {number}, {device.device_id}: confirmed {confirmed}, live {live}, held {held}"
        self.assertLessEqual(confirmed, self.attacker.known[device.device_id].signed, what)
        if confirmed > 0:
            self.assertEqual(live.get(confirmed), "active", what)
            if device.is_closed:
                self.assertTrue(held & live.keys(), what)

    def assert_all_come_back(self, fleet: list[Owned], limit_s: float) -> None:
        began = time.monotonic()
        for each in fleet:
            left = max(limit_s - (time.monotonic() - began), 1)
            try:
                within(left, f"{each.device_id} is ready", lambda: self.is_back(each))
            except StackError as error:
                self.fail(f"{error}\n{self.story(each)}")
        newest = {each.device_id: max(each.generations()) for each in fleet}
        print(f"all are ready {time.monotonic() - began:.1f} s after the broker let go; credentials: {newest}")

    def is_back(self, device: Owned) -> bool:
        """It is ready by its own word and the registry's, with the configuration of now, by a credential that it holds."""
        rows = self.query(f"SELECT * FROM registry.devices WHERE device_id = '{device.device_id}' AND state = 'ready' AND online "
                          "AND applied_config_version = config_version")
        if not rows:
            return False
        number = self.query(f"SELECT config->'n' AS n FROM registry.show_configs('{device.device_id}') WHERE config ? 'n'")
        config = {"id": device.device_id, "site": "mill"} | ({"n": number[-1]["n"]} if number else {})
        return (device.program.config(device.folder) == config
                and bool(set(device.generations()) & self.live(device.device_id).keys()))

    def story(self, device: Owned) -> str:
        assert device.process
        steps = "\n".join(map(str, [*device.last, *device.process.said()][-40:]))
        credentials = self.stack.cluster.sql("SELECT generation, status, connected_at FROM registry.credential WHERE "
                                             f"device_id = '{device.device_id}' ORDER BY generation")
        row = self.query(f"SELECT * FROM registry.devices WHERE device_id = '{device.device_id}'")
        return (f"{row}\nheld {device.generations()}, config {device.program.config(device.folder)}\n"
                f"{credentials}\n{steps}\n{device.process.errors.read_text()[-3000:]}")
