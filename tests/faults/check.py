"""What has to hold after each campaign: devices' folders and answers against the registry, and both against the broker."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509

from daemon import StackError
from fleet import OUTLAW, TRESPASSER, ProgramLife, Witness
from foreign_device import Device, Session
from outlaw import is_let_in
from stack import within
from trespasser import ALLOWED, FORBIDDEN, RIGHTS
from wire import Login, WireError
from world import END_LIMIT_S, Footprint, World

KEPT_OUT_S = 10
END_OF_LIST = b"-----END X509 CRL-----\n"
RIGHTS_END_S = 5  # G30
AFTER_THE_END = 10
MORE_DESCRIPTORS, MORE_THREADS, MORE_MEMORY = 8, 4, 1.5


def violations(world: World) -> list[str]:
    return [*lives_ended_well(world), *credentials_are_known(world), *nothing_is_there_twice(world), *events_are_changes(world),
            *answers_are_equal(world), *rights_hold(world), *logins(world), *no_secret_is_told(world),
            *processes_are_as_before(world)]


def serial_of(certificate: x509.Certificate) -> str:
    return f"{certificate.serial_number:032x}"


# --- I3

def lives_ended_well(world: World) -> Iterator[str]:
    states = {row["device_id"]: row["state"] for row in world.query("SELECT device_id, state FROM registry.devices")}
    for life in world.fleet.lives:
        if life.failure:
            yield f"I3 {life.name} failed: {life.failure!r}"
        if life.is_alive():
            yield f"I3 {life.name} is not ready: {said_by(life)}"
        elif states.get(life.device_id) != "ready":
            yield f"I3 {life.name} is {states.get(life.device_id)} in the registry"
        yield from (f"I3 {life.name} was refused: {refusal}" for refusal in life.refusals)


def said_by(life: object) -> str:
    if isinstance(life, ProgramLife) and life.process:
        return "; ".join(life.process.errors.read_text().splitlines()[-3:])
    return ""


# --- I1

def credentials_are_known(world: World) -> Iterator[str]:
    known = {(row["device_id"], row["generation"]): row["serial"]
             for row in world.query("SELECT device_id, generation, serial FROM registry.certificates")}
    for life in world.fleet.programs:
        for folder in sorted(life.folder.glob("credential-*")):
            file = folder / "certificate.pem"
            generation = int(folder.name.partition("-")[2])
            if file.exists() and known.get((life.device_id, generation)) != serial_in(file):
                yield f"I1 the registry does not know generation {generation} of {life.device_id}"
    for life in world.fleet.witnesses:
        for answer, _ in life.device.answers:
            if answer["credential"]["type"] != "x509":
                continue
            leaf = x509.load_der_x509_certificate(base64.b64decode(answer["credential"]["chain"][0]))
            if known.get((life.device_id, answer["generation"])) != serial_of(leaf):
                yield f"I1 the registry does not know generation {answer['generation']} of {life.device_id}"


def serial_in(file: Path) -> str:
    return serial_of(x509.load_pem_x509_certificate(file.read_bytes()))


# --- I2

TWICE = {
    "device": "SELECT device_id AS what FROM registry.devices GROUP BY 1 HAVING count(*) > 1",
    "serial number": "SELECT serial AS what FROM registry.certificates GROUP BY 1 HAVING count(*) > 1",
    "generation": "SELECT device_id || ' ' || generation AS what FROM registry.certificates GROUP BY 1 HAVING count(*) > 1",
}


def nothing_is_there_twice(world: World) -> Iterator[str]:
    for what, sql in TWICE.items():
        yield from (f"I2 a {what} twice: {row['what']}" for row in world.query(sql))
    # Generations are counted without a gap, whatever their kind is; retention ends the first ones.
    for row in world.query("SELECT device_id, max(generation) AS newest, count(*) AS n FROM registry.certificates"
                           " GROUP BY 1 HAVING max(generation) <> count(*) AND min(generation) = 1"):
        yield f"I2 {row['device_id']} has {row['n']} certificates, and the newest is of generation {row['newest']}"


# --- I5

def events_are_changes(world: World) -> Iterator[str]:
    changes: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in world.query("SELECT device_id, old_state, new_state FROM registry.events WHERE action = 'state' ORDER BY event_id"):
        changes[row["device_id"]].append((row["old_state"], row["new_state"]))
    states = {row["device_id"]: row["state"] for row in world.query("SELECT device_id, state FROM registry.devices")}
    for life in world.fleet.lives:
        chain = changes[life.device_id]
        for (_, reached), (left, _) in zip(chain, chain[1:]):
            if left != reached:
                yield f"I5 {life.device_id} left {left}, and was {reached}: {chain}"
        if chain and chain[-1][1] != states.get(life.device_id):
            yield f"I5 {life.device_id} is {states.get(life.device_id)}, and its last event says {chain[-1][1]}"


# --- I6

def answers_are_equal(world: World) -> Iterator[str]:
    for life in world.fleet.witnesses:
        given: dict[str, set[str]] = defaultdict(set)
        for answer, opened in life.device.answers:
            credential = answer["credential"]
            secret = opened.get("password", "") or credential.get("chain", [""])[0]
            given[answer["request_id"]].add(f"{answer['generation']} {secret}")
        for request, outcomes in given.items():
            if len(outcomes) != 1:
                yield f"I6 {life.device_id} has {len(outcomes)} different answers to {request}"


# --- I4

def logins(world: World) -> Iterator[str]:
    """The programs' own are checked by their being ready."""
    for life in world.fleet.witnesses:
        if life.is_alive():
            continue
        if not is_let_in(life.device, life.device.login()):
            yield f"I4 {life.device_id} holds a credential that does not log in"
        yield from ended_passwords(life.device)
    if world.has_gate and world.outlaw.let_in:  # dynamic-security may lose what it knows (G13)
        yield f"I4 {OUTLAW} was let in {world.outlaw.let_in} times"
    try:
        world.operator.block()
        for device in (world.operator.device, world.operator.certificate):
            within(KEPT_OUT_S, f"{device.device_id} is kept out", lambda: not is_let_in(device, device.login()))
        yield from crl_is_right(world)
    except (StackError, WireError, TimeoutError) as error:
        yield f"I4 {error}"


def crl_is_right(world: World) -> Iterator[str]:
    """It is whole, a list of each device CA, and has what the operator revoked."""
    cas = [x509.load_pem_x509_certificate(file.read_bytes()).public_key() for file in world.device_cas]
    try:
        lists = within(KEPT_OUT_S, "the CRL has all that the operator revoked", lambda: listed(world.crl, world.operator.revoked))
    except StackError as error:
        yield f"I4 {error}"
        return
    if not all(any(each.is_signature_valid(ca) for ca in cas) for each in lists):  # type: ignore[arg-type]
        yield "I4 the CRL is not signed by the device CA"


def listed(file: Path, serials: list[int]) -> list[x509.CertificateRevocationList]:
    """The lists in the file, if it can be read and has all of them."""
    try:
        lists = [x509.load_pem_x509_crl(part + END_OF_LIST) for part in file.read_bytes().split(END_OF_LIST)[:-1]]
    except (OSError, ValueError):
        return []
    return lists if set(serials) <= {entry.serial_number for each in lists for entry in each} else []


def ended_passwords(device: Witness) -> Iterator[str]:
    """The newest is confirmed, so the older ones have ended."""
    assert device.accepted
    if device.wants != "password":
        return
    for answer, opened in device.answers[-6:]:
        if answer["generation"] == device.accepted["generation"]:
            continue
        login = Login(device.place.anchors, answer["credential"]["username"], opened["password"])
        try:
            within(KEPT_OUT_S, "it is kept out", lambda: not is_let_in(device, login))
        except StackError:
            yield f"I4 {device.device_id} still logs in by generation {answer['generation']}, which has ended"


# --- I7

def no_secret_is_told(world: World) -> Iterator[str]:
    """In no log, no dump and none of what went through the broker, in none of the forms in which they are anywhere."""
    secrets = planted(world)
    logs = [daemon.log for daemon in (*world.services, world.stack.mosquitto, world.stack.postgres)]
    logs += [life.process.errors for life in world.fleet.programs if life.process]
    for file in (*logs, world.tap.file, world.dump()):
        text = file.read_bytes()
        yield from (f"I7 {file.name} has {what}" for what, secret in secrets.items() if secret.encode() in text)


def planted(world: World) -> dict[str, str]:
    stack = world.stack
    secrets = {"the service's password": stack.passwords["latchkey"],
               "the master key": Path(stack.service_settings()["secrets"]["master_key_file"]).read_text().strip(),
               "the service's login at the broker": stack.broker.password_file("service").read_text().strip()}
    secrets |= {f"secret {number} of those that were replaced": secret for number, secret in enumerate(world.spent)}
    for device_id, key in world.fleet.keys.items():
        for form in (base64.b64encode(key).decode(), key.hex(), base64.urlsafe_b64encode(key).decode().rstrip("=")):
            secrets[f"a key of {device_id} ({form[:3]})"] = form
    for life in world.fleet.witnesses:
        for _, opened in life.device.answers:
            if "password" in opened:
                secrets[f"a password of {life.device_id}"] = opened["password"]
    return secrets


# --- I8

def processes_are_as_before(world: World) -> Iterator[str]:
    for service in world.services:
        if service.pid is None:
            yield f"I8 {service.name} does not run"
            continue
        before, now = world.footprints.get(service.name), Footprint(service)
        if before is None or before.pid != now.pid:
            if not world.kills.get("service"):
                yield f"I8 {service.name} is another process, and nobody killed it"
            continue
        for what, was, is_now, most in (
                ("descriptors", before.descriptors, now.descriptors, before.descriptors + MORE_DESCRIPTORS),
                ("threads", before.threads, now.threads, before.threads + MORE_THREADS),
                ("KiB of memory", before.memory_kb, now.memory_kb, int(before.memory_kb * MORE_MEMORY))):
            if is_now > most:
                yield f"I8 {service.name} has {is_now} {what}, and had {was}"


# --- I9

def rights_hold(world: World) -> Iterator[str]:
    """The trespasser was heard where it has rights, nowhere else; and once they ended, not there either."""
    trespasser, tap = world.trespasser, world.tap
    trespasser.join(END_LIMIT_S)
    try:
        trespasser.renew()
        session = trespasser.session()
        within(KEPT_OUT_S, f"{TRESPASSER} is heard where it may speak", lambda: heard(world, session, "may"))
        trespasser.set_rights({"subscribe": RIGHTS["subscribe"]})
        if not session.wire.is_lost(RIGHTS_END_S):
            goes_on_speaking(world, session)
        session.wire.close()
        with trespasser.session() as another:  # dynamic-security ends the session of a device whose rights change
            goes_on_speaking(world, another)
        with tap.connection("@end") as wire:  # so all of it has been passed on before
            wire.publish("the/end", tap.MARK)
        within(KEPT_OUT_S, "the listener hears its own", lambda: ("the/end", tap.MARK.decode()) in tap.marked)
    except (StackError, WireError, TimeoutError) as error:
        yield f"I9 {error}"
    for topic, said in set(tap.marked):
        if topic in FORBIDDEN or "ended" in said:
            yield f"I9 {TRESPASSER} was heard on {topic}: {said}"
    yield from (f"I9 {TRESPASSER} may receive {wanted}" for wanted in sorted(trespasser.granted))


def goes_on_speaking(world: World, session: Session) -> None:
    for number in range(AFTER_THE_END):
        world.trespasser.trespass(session, f"ended {number}")


def heard(world: World, session: Session, word: str) -> bool:
    said = world.tap.MARK + word.encode()
    session.wire.publish(ALLOWED, said)
    return (ALLOWED, said.decode()) in world.tap.marked
