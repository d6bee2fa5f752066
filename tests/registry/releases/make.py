#!/usr/bin/python3
"""Makes a fleet that has a device in every state, by the service itself, and dumps its registry.

    make.py > unreleased.sql              by the program of build/dev
    make.py --bin PROGRAM > 1.0.sql       by another one: when a version is tagged, its dump is kept under its number

An upgrade begins there (tests/integration/test_upgrade.py). Needs pg_dump 15 or newer and everything that the tests need."""

from __future__ import annotations

import argparse
import base64
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from daemon import clean_environment  # noqa: E402
from factory import Factory  # noqa: E402
from foreign_device import Device, KeyPair, Place, Proof, SymmetricKey, Token  # noqa: E402
from jose import generate_key, public_pem  # noqa: E402
from stack import BINARY, Stack, end_orderly, within  # noqa: E402

# The tables that are partitions by months, which a later loader has other ones of.
LEDGERS = ("attempt", "event")


class Fleet:
    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack, self.folder = stack, folder
        self.place = Place.of(stack.environment)

    def sql(self, script: str) -> str:
        return self.stack.sql(script)

    def device(self, device_id: str, proof: Proof, wants: str = "x509") -> Device:
        return Device(device_id, proof, self.place, self.folder, wants=wants, seals=wants == "password")

    def token(self, token: str) -> Token:
        return Token(token, self.place.anchors)

    def with_key(self, device_id: str, *flags: str, wants: str = "x509") -> Device:
        """Enrolled individually by a symmetric key."""
        key = secrets.token_bytes(32)
        file = self.folder / f"{device_id}.key"
        file.write_bytes(base64.b64encode(key) + b"\n")
        self.stack.latchkey("enroll", "device", device_id, "--key-file", str(file), *flags)
        return self.device(device_id, SymmetricKey(key), wants)

    def ready(self, device: Device) -> Device:
        answer = device.provision()
        assert answer["status"] == "accepted", answer
        device.become_ready()
        return device

    # --- the fleet

    def groups(self) -> None:
        self.sql("""
            SELECT registry.set_fleet_config('{"report_interval_s": 60}', 'defaults');
            SELECT registry.enroll_group('pilot', 'token', sha256('a-token-of-the-pilot-group'), max_devices => 5);
            SELECT registry.enroll_group('gated', 'token', sha256('a-token-of-the-gated-group'), admission => 'approval');
            SELECT registry.enroll_group('passwords', 'token', sha256('a-token-of-the-passwords-group'),
              credential_types => '{x509,password}', lifetime_s => 86400);
            SELECT registry.set_group_config('pilot', '{"report_interval_s": 10}', 'busy');""")
        key = self.folder / "meters.key"
        self.stack.latchkey("enroll", "group", "meters", "--generate-key", str(key))
        self.stack.latchkey("enroll", "roll-key", "meters", "--generate-key", str(self.folder / "meters-2.key"))

    def by_every_proof(self) -> None:
        self.ready(self.with_key("ready-key"))
        group_key = base64.b64decode((self.folder / "meters-2.key").read_text())
        self.ready(self.device("ready-group-key", SymmetricKey.of_group("meters", group_key, "ready-group-key")))
        key = generate_key("ES256")
        self.sql(f"SELECT registry.enroll_device('ready-public-key', 'public_key', registry.pem('{public_pem(key).decode()}'))")
        self.ready(self.device("ready-public-key", KeyPair(key, self.place.anchors)))
        factory = Factory("factory CA")
        self.sql(f"SELECT registry.enroll_group('factory', 'x509', registry.pem('{factory.pem}'))")
        key = generate_key("ES256")
        self.ready(self.device("ready-x509", KeyPair(key, self.place.anchors, (factory.leaf("ready-x509", key),))))
        token = self.sql("SELECT registry.create_token('pilot', 3, interval '1 day')").strip()
        self.ready(self.device("ready-token", self.token(token)))
        self.ready(self.device("ready-password", self.token("a-token-of-the-passwords-group"), wants="password"))

    def in_every_state(self) -> None:
        self.with_key("off-enrolled", "--device-config", '{"colour": "red"}')
        pending = self.device("pending", self.token("a-token-of-the-gated-group"))
        with pending.bootstrap() as wire:
            assert pending.ask(wire, time.monotonic() + 20)["status"] == "pending"
        assert self.with_key("registered").provision()["status"] == "accepted"
        connected = self.with_key("connected")
        connected.provision()
        with connected.connect() as session:
            session.say("connected", generation=1)
        failed = self.with_key("failed")
        failed.provision()
        with failed.connect() as session:
            session.say("connected", generation=1)
            session.tell("failed", code="config_invalid", message="no such sensor")
            within(10, "the failure is known", lambda: self.sql(
                "SELECT failure FROM registry.devices WHERE device_id = 'failed' AND failure IS NOT NULL"))
        rotated = self.ready(self.with_key("rotated"))
        rotated.request_id = secrets.token_urlsafe(16)
        self.ready(rotated)

    def acted_on(self) -> None:
        for act in ("suspend", "revoke", "reset", "decommission"):
            self.ready(self.with_key(f"acted-{act}"))
            self.sql(f"SELECT registry.{act}('acted-{act}', 'for the fleet')")
        self.ready(self.with_key("acted-forget"))
        self.sql("SELECT registry.decommission('acted-forget', 'scrapped'); SELECT registry.forget('acted-forget', 'why');"
                 "SELECT registry.set_device_config('ready-key', '{\"colour\": \"blue\"}', 'why');"
                 "SELECT registry.set_group_endpoint('passwords', 'broker.example', 8883, reason => 'why');"
                 "SELECT registry.disable_group('factory', 'a recall')")

    def refused(self) -> None:
        """More than the ledger keeps one by one, so that some of them are only counted."""
        stranger = self.device("stranger", SymmetricKey(secrets.token_bytes(32)))
        with stranger.bootstrap() as wire:
            for _ in range(14):
                wire.publish(stranger.topic("request"), stranger.message(request_id=secrets.token_urlsafe(16)))
        within(10, "some are counted", lambda: self.sql("SELECT rejections FROM registry.counted_rejections"))


def dump(stack: Stack) -> str:
    """The schema as it is before data comes, the data, and what is made after it; the months of the ledgers are not in it."""
    def pg_dump(*arguments: str) -> str:
        result = subprocess.run(
            ["pg_dump", "--schema=registry", "--exclude-table=registry.attempt_20*", "--exclude-table=registry.event_20*",
             *arguments, "latchkey"], capture_output=True, text=True, check=True,
            env=clean_environment({"PGHOST": "127.0.0.1", "PGPORT": str(stack.cluster.port), "PGUSER": "postgres",
                                   "PGTZ": "UTC", "PGPASSWORD": stack.cluster.superuser_password}))
        return "".join(line + "\n" for line in result.stdout.splitlines()
                       if line and not line.startswith(("--", "\\restrict", "\\unrestrict")))

    def ledger(table: str) -> str:
        rows = stack.cluster.sql(f"SET timezone = 'UTC'; COPY (SELECT * FROM registry.{table} ORDER BY 1) TO STDOUT")
        return f"COPY registry.{table} FROM stdin;\n{rows}\\.\n"

    now = stack.cluster.sql("SELECT now() AT TIME ZONE 'UTC'").strip()
    # An index of a ledger is made for its months as well.
    after = pg_dump("--section=post-data").replace(" ON ONLY registry.", " ON registry.")
    return (f"-- A registry with a device in every state, dumped at {now}+00 by tests/registry/releases/make.py.\n"
            f"{pg_dump('--section=pre-data')}SET timezone = 'UTC';\nSELECT registry.make_partitions();\n"
            f"{pg_dump('--section=data')}SET timezone = 'UTC';\n{''.join(map(ledger, LEDGERS))}{after}")


def main() -> int:
    end_orderly()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=BINARY, help="the latchkey program (default: %(default)s)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="latchkey-fleet-") as place:
        folder = Path(place)
        folder.chmod(0o711)
        stack = Stack(folder, arguments.bin)
        stack.start()
        try:
            fleet = Fleet(stack, folder)
            for step in (fleet.groups, fleet.by_every_proof, fleet.in_every_state, fleet.acted_on, fleet.refused):
                step()
            stack.service.stop()
            sys.stdout.write(dump(stack))
        finally:
            stack.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
