"""A fleet of newcomers asks at once, while no service is there; it comes later."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import time
from pathlib import Path
from typing import Any

from campaign import Campaign, Run
from daemon import StackError, clean_environment
from open_gate import OpenGateBroker
from processes import memory_bytes
from tapped import GateWorldStack, Tapped
from world import World

GROUP, DEVICES = "late", 20_000
AWAY_S = 10.0
AT_ONCE_S = 0.1
PATIENCE_S = 60
LIMIT_S = 600  # for the whole load
MOST_MIB = {"service": 256, "replica": 256, "mosquitto": 512}  # ever, of memory that is resident


class TappedOpenGateBroker(Tapped, OpenGateBroker):
    accounts = (*Tapped.accounts, "bench")


class LateStack(GateWorldStack):
    broker: TappedOpenGateBroker
    broker_kind = TappedOpenGateBroker


def load_of(world: World, key: Path, prefix: str) -> list[str]:
    broker, pki = world.stack.broker, world.stack.pki
    assert isinstance(broker, TappedOpenGateBroker)
    program = world.stack.binary.with_name("latchkey-bench")
    if not program.exists():
        raise StackError(f"{program} does not exist: run ./dev build")
    flags = {"--port": broker.plain_port, "--username": "@bench", "--password-file": broker.password_file("bench"),
             "--devices": DEVICES, "--prefix": prefix, "--spread": AT_ONCE_S, "--patience": PATIENCE_S, "--group": GROUP,
             "--group-key-file": key, "--device-ca-file": pki / "device-ca.pem", "--anchor-file": pki / "server-ca.pem"}
    return [str(program), "load", "--repeat", "--await-start", *(str(each) for flag in flags.items() for each in flag)]


def come_late(run: Run, key: Path, number: int) -> dict[str, Any]:
    """Keys, CSRs and signatures of all devices are made before."""
    services = run.world.services
    with subprocess.Popen(load_of(run.world, key, f"late-{number}"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, env=clean_environment()) as load:
        assert load.stdin and load.stderr
        if load.stderr.readline() != "ready\n":
            raise StackError(f"the load does not come up: {load.stderr.read()}")
        for service in services:
            run.world.kill("service", service)
        load.stdin.write("\n")
        load.stdin.flush()
        time.sleep(AWAY_S)
        for service in services:
            service.start()
        try:
            out, err = load.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired as error:
            load.kill()  # otherwise its end is awaited here
            raise StackError(f"the load did not end within {LIMIT_S} s") from error
    if load.returncode:
        raise StackError(f"the load failed: {err}")
    return json.loads(out)


def check(run: Run, said: dict[str, Any]) -> None:
    wrong = {name: said[name] for name in ("lost", "refused", "wrong") if said.get(name)}
    if wrong or said["answered"] != DEVICES:
        run.problems.append(f"I3 not all of {DEVICES} were served: {said['answered']}, {wrong}")
    for daemon in (*run.world.services, run.world.stack.mosquitto):
        assert daemon.pid
        most = memory_bytes(daemon.pid, "VmHWM") / (1 << 20)
        print(f"  {daemon.name}: {most:.0f} MiB at most")
        if most > MOST_MIB[daemon.name]:
            run.problems.append(f"I8 {daemon.name} took {most:.0f} MiB")


def late(run: Run) -> None:
    key = run.world.folder / f"{GROUP}.key"
    key.write_text(base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
    run.world.stack.latchkey("enroll", "group", GROUP, "--proof", "symmetric_key", "--key-file", str(key))
    try:
        for number, _ in enumerate(run.rounds()):
            said = come_late(run, key, number)
            run.count(f"{DEVICES} at once, and a service that comes {AWAY_S:g} s later")
            print(f"  all {said['answered']} answered {said['seconds']:.1f} s after they asked first, {said['repeats']} repeats, "
                  f"{said['told_later']} told to ask later, p50 {said['p50_ms'] / 1000:.1f} s", flush=True)
            check(run, said)
    except StackError as error:
        run.problems.append(f"I3 {error}")


CAMPAIGN = Campaign("late", f"{DEVICES:,} devices ask at once, and the service starts {AWAY_S:g} s later", late, stack=LateStack)
