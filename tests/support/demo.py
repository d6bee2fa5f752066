#!/usr/bin/python3
"""The main job, shown: one device from power-up to ready, then two intruders. Everything printed was really seen: what
the device reports, and what an operator reads in the registry. Ends by itself, leaves nothing."""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from daemon import StackError, clean_environment
from stack import BINARY, REPOSITORY, GateStack, Stack, end_orderly, within
from wire import Login, Wire

DEVICE = "12345"
STRANGER = "66666"

SHOWN = """\
  A device that had only its key and the bootstrap login became ready without help. The service checked it against the
  registry, registered it and issued a certificate for it; the device connected with this certificate. It publishes on
  its own topics, and on no other device's.
  The bootstrap login alone is not enough. Two intruders used it, one with an id that is not enrolled, one with the id of
  another device. Their answers say only that they are rejected; the registry has the reason."""
NEXT = """\
  ./dev up          starts a stack that stays, prints commands to try and the address of the fleet page
  README.md         shows how to provision a first device of your own
  docs/device.md    describes what a device does;  docs/deploy.md  how to deploy the service"""

COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if COLOUR else text


def show(title: str, *facts: str) -> None:
    print(bold(title), flush=True)
    for fact in facts:
        print(f"     {fact}", flush=True)


def readable(value: Any) -> str:
    """A column as a person reads it: an empty one as such, a time to the millisecond."""
    if value is None:
        return "(empty)"
    time = re.fullmatch(r"(\d{4}-\d\d-\d\dT[\d:]{8})(\.\d{1,3})?\d*\+00:00", str(value))
    return f"{time[1]}{time[2] or ''}Z" if time else str(value)


class Demo:
    """One run over a started stack; `folder` is for the device's own files."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack = stack
        self.folder = folder
        self.listener = self.platform()

    # --- looking into the registry

    def rows(self, query: str) -> list[dict[str, Any]]:
        return json.loads(self.stack.sql(f"SELECT coalesce(json_agg(r), '[]') FROM ({query}) r"))

    def row(self, query: str) -> str:
        """The one row as `column=value`s, or what an empty result means."""
        found = self.rows(query)
        return "  ".join(f"{name}={readable(value)}" for name, value in found[0].items()) if found else "no row"

    # --- the device

    def run_device(self, device_id: str, key: Path, name: str) -> Iterator[dict[str, Any]]:
        """The steps of `latchkey-device provision`, each as it happens; the exit code is the last one's."""
        argv = [str(self.stack.device_binary), "provision", device_id, "--key-file", str(key),
                "--dir", str(self.folder / name), "--timeout", "30", "--json"]
        errors = self.folder / f"{name}.log"
        with errors.open("w") as log, subprocess.Popen(argv, env=clean_environment(self.stack.environment), text=True,
                                                       stdout=subprocess.PIPE, stderr=log) as process:
            assert process.stdout
            for line in process.stdout:
                yield json.loads(line)
        yield {"step": "exit", "code": process.returncode, "talk": errors.read_text().strip()}

    def provision(self) -> None:
        key = self.folder / "device.key"
        self.stack.latchkey("enroll", "device", DEVICE, "--proof", "symmetric_key", "--generate-key", str(key),
                            "--device-config", '{"report_interval_s":60}')
        before = self.row(f"SELECT device_id, state, registered_at FROM registry.devices WHERE device_id = '{DEVICE}'")
        show(f"Enrolled: device {DEVICE}, by a key of its own", before)
        for step in self.run_device(DEVICE, key, "device"):
            self.show_step(step)

    def show_step(self, step: dict[str, Any]) -> None:
        match step["step"]:
            case "powered_on":
                show(f"1/7  Device {DEVICE} powers on")
            case "request_sent":
                show("2/7  Provisioning request sent",
                     f"provisioning/v1/{DEVICE}/request  request_id={step['request_id']}")
            case "answer" if step["status"] == "accepted":
                self.show_acceptance(step)
            case "connected":
                show("6/7  Connected to the platform by mutual TLS, with the certificate just issued",
                     f"{step['host']}:{step['port']}  CN={step['subject']}  generation={step['generation']}")
            case "ready":
                self.show_ready(step)
            case "reading":
                self.show_reading(step)
            case "exit" if step["code"] != 0:
                raise StackError(f"the device ended with {step['code']}: {step['talk']}")

    def show_acceptance(self, step: dict[str, Any]) -> None:
        tracking = step["tracking_id"]
        show("3/7  Device id checked: authorised",
             self.row(f"SELECT tracking_id, decision, received_at FROM registry.attempts WHERE tracking_id = '{tracking}'"))
        show("4/7  Registered in the database",
             self.row("SELECT old_state, new_state, at FROM registry.events"
                      f" WHERE device_id = '{DEVICE}' AND new_state = 'registered'"),
             self.row("SELECT device_id, generation, requested_at, registered_at FROM registry.devices"
                      f" WHERE device_id = '{DEVICE}'"),
             self.row(f"SELECT serial, not_after FROM registry.certificates WHERE device_id = '{DEVICE}'"))
        show("5/7  Credentials sent", self.sent())

    def sent(self) -> str:
        """credentials_sent_at is written in batches, shortly after the broker took the answer."""
        query = ("SELECT credentials_sent_at FROM registry.devices"
                 f" WHERE device_id = '{DEVICE}' AND credentials_sent_at IS NOT NULL")
        within(5, "credentials_sent_at is set", lambda: self.rows(query))
        return self.row(query)

    def show_ready(self, step: dict[str, Any]) -> None:
        # The device does not print what came sealed; it stores it.
        config = step.get("config") or json.loads((self.folder / "device" / "config.json").read_text())["config"]
        show("7/7  Provisioning complete: ready", f"configuration {json.dumps(config)}{', sealed on its way' * step.get('sealed', False)}",
             self.row("SELECT device_id, state, generation, connected_at, ready_at FROM registry.devices"
                      f" WHERE device_id = '{DEVICE}'"))

    # --- its work

    def platform(self) -> Wire:
        """Who receives what devices send."""
        password = self.stack.broker.password_file("platform").read_text().strip()
        url, anchors = self.stack.environment["LATCHKEY_BOOTSTRAP_URL"], self.stack.pki / "server-ca.pem"
        wire = Wire(url, "@platform", Login(anchors, "@platform", password))
        wire.subscribe("plant/+/telemetry/#")
        return wire

    def show_reading(self, step: dict[str, Any]) -> None:
        message = self.listener.receive(5)
        if not message or message.topic != step["topic"]:
            raise StackError(f"the platform did not receive the reading, but {message}")
        show("Its first reading", f"the platform received {message.payload.decode()} on {message.topic}")

    def misuse(self) -> None:
        """The device, with its certificate, on another device's topic and then on its own, which shows what did not come."""
        folder, theirs, own = self.folder / "device" / "credential-1", f"plant/{STRANGER}/telemetry/reading", f"plant/{DEVICE}/telemetry/reading"
        login = Login(self.stack.pki / "server-ca.pem", certificate=folder / "certificate.pem", key=folder / "key.pem")
        with Wire(self.stack.environment["LATCHKEY_DEVICE_URL"], DEVICE, login) as wire:
            wire.publish(theirs, b"forged")
            wire.publish(own, b"own")
        message = self.listener.receive(5)
        if not message or (message.topic, message.payload) != (own, b"own"):
            raise StackError(f"the platform received {message}")
        print(f"     on another device's topic, {theirs}, the broker refused it: the platform received nothing", flush=True)

    # --- the intruders

    def refuse(self, device_id: str, who: str) -> None:
        """Somebody with the bootstrap login and a made-up key."""
        key = self.folder / "made-up.key"
        key.write_bytes(secrets.token_bytes(32))
        show(f"\nIntruder: {who}, with the right bootstrap login and a made-up key")
        before = self.registered(device_id)
        answers = []
        for step in self.run_device(device_id, key, f"intruder-{device_id}"):
            if step["step"] == "answer":
                answers.append(step)
                print(f"     answer: {step['status']} {step.get('code', '')}, {step.get('message', '')}", flush=True)
        if step["code"] == 0 or not answers or any(answer["status"] != "rejected" for answer in answers):
            raise StackError(f"the intruder was not refused: {answers}")
        self.show_refusal(device_id, before, answers[-1]["tracking_id"])

    def show_refusal(self, device_id: str, before: list[dict[str, Any]], tracking: str) -> None:
        after = self.registered(device_id)
        if after != before:
            raise StackError(f"the registry changed: {before} became {after}")
        print(f"     registry.devices: {f'as before, {len(after)} certificate' if after else 'no row'}")
        print("     registry.attempts: " + self.row(
            f"SELECT decision, code, reason FROM registry.attempts WHERE tracking_id = '{tracking}'"), flush=True)

    def registered(self, device_id: str) -> list[dict[str, Any]]:
        """All that registration gave this id."""
        return self.rows("SELECT d.device_id, d.state, d.registered_at, c.serial FROM registry.devices d"
                         f" LEFT JOIN registry.certificates c USING (device_id) WHERE d.device_id = '{device_id}'")


def run(binary: Path) -> None:
    home = REPOSITORY / ".run"
    home.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="demo-", dir=home) as folder:
        Path(folder).chmod(0o711)  # the stack's account has to get through
        stack = GateStack(Path(folder), binary)
        stack.start()
        try:
            print(f"PostgreSQL, Mosquitto (TLS, with the gate) and the service are up, in {Path(folder).relative_to(REPOSITORY)}\n")
            stack.set_fleet_rights()
            demo = Demo(stack, Path(folder))
            demo.provision()
            demo.misuse()
            demo.refuse(STRANGER, f"{STRANGER}, an id that is not enrolled")
            demo.refuse(DEVICE, f"{DEVICE}, the id of the device above")
        finally:
            stack.stop()
    print(f"\n{bold('What this showed')}\n{SHOWN}\n\nThe stack is stopped and removed. {bold('Next steps')}\n{NEXT}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, default=BINARY, help="the latchkey program (default: %(default)s)")
    end_orderly()
    try:
        run(parser.parse_args().bin)
    except StackError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
