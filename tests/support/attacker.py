"""Who has the broker: withholds, reorders, repeats, misdirects, damages and forges messages, a random step at a time. It reads
all that is not sealed, and holds no key of a device or of the service."""

from __future__ import annotations

import json
import random
import secrets
import string
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from foreign_device import CONFIG, SymmetricKey
from hostile_broker import Held, HostileBroker
from jose import Json, Refused, compact, derive, from_base64url, sign_hs256, to_base64url

MARK = "chosen-by-the-broker"


def payload_of(jws: bytes) -> Json | None:
    """Unverified."""
    with suppress(ValueError, IndexError):
        message = json.loads(from_base64url(jws.split(b".")[1].decode()))
        return message if isinstance(message, dict) else None
    return None


@dataclass
class Knowledge:
    """Of one device, as the broker heard it."""

    sessions: list[str] = field(default_factory=lambda: [MARK])
    request_ids: list[str] = field(default_factory=lambda: [MARK])
    generation: int = 0
    version: int = 0
    signed: int = 0  # the greatest generation for which it signed `connected`


class Attacker:
    """`keys`: those of devices that open what is sealed by them; the test reads with them, the attacker does not."""

    def __init__(self, chance: random.Random, keys: dict[str, SymmetricKey], device_ids: list[str]) -> None:
        self.random = chance
        self.known = {device_id: Knowledge() for device_id in device_ids}
        self.signed: list[str] = []  # what somebody signed although the attacker chose it
        self.counts: dict[str, int] = {}
        self._keys = keys
        self._own_key = secrets.token_bytes(32)
        self._withheld: set[tuple[str, str]] = set()  # kinds of messages, by device
        self._steps: dict[Callable[[], None], int] = {
            self._deliver_oldest: 40, self._deliver_any: 25, self._drop: 8, self._drop_all: 1, self._double: 6, self._replay: 8,
            self._misdirect: 3, self._damage: 4, self._forge_status: 10, self._forge_request: 2, self._forge_signed: 2,
            self._forge_answer: 4, self._forge_configuration: 2, self._cut: 2, self._refuse: 1, self._change_mind: 2}
        self.broker: HostileBroker

    def take_over(self, ports: tuple[int, ...], pki: Path) -> None:
        self.broker = HostileBroker(ports, pki, self._hear)

    def step(self) -> None:
        chosen, = self.random.choices(list(self._steps), list(self._steps.values()))
        self.counts[chosen.__name__] = self.counts.get(chosen.__name__, 0) + 1
        self.broker.call(chosen)

    # --- hearing

    def _hear(self, message: Held) -> None:
        known = self.known.get(message.device_id)
        if not known:
            return
        is_plain = message.payload[:1] == b"{"
        said = json.loads(message.payload) if is_plain else payload_of(message.payload)
        assert said, message
        self._learn(known, message, said)
        if not is_plain:
            self._check(message, said)

    def _learn(self, known: Knowledge, message: Held, said: Json) -> None:
        if isinstance(said.get("session"), str) and message.kind == "status":
            known.sessions = [*known.sessions[-3:], said["session"]]
        if message.kind == "request":
            known.request_ids = [*known.request_ids[-3:], said["request_id"]]
        if message.kind == "status" and message.payload[:1] == b"e":
            known.signed = max(known.signed, said["generation"])
        known.generation = max(known.generation, said.get("generation") or 0)
        known.version = max(known.version, said.get("config_version") or 0)

    def _check(self, message: Held, said: Json) -> None:
        """Nothing that is signed holds what the attacker chose, but for the name of a session: a configuration answers a
        status, which may be plain, and its device drops one of another session."""
        if message.kind == "config":
            said = {name: value for name, value in said.items() if name != "session"}
        text = json.dumps(said)
        if "sealed" in said and message.device_id in self._keys:
            with suppress(Refused):
                text += json.dumps(self._keys[message.device_id].unseal(said["sealed"]))
        if MARK in text:
            self.signed.append(f"{message.topic}: {text}")

    # --- what becomes of messages

    def _change_mind(self) -> None:
        """From now on nothing of this kind of this device comes through, or again: `signature`: a status without it."""
        kinds = ["request", "response", "status", "config", "signature", "signature"]
        self._withheld ^= {(self._anybody(), self.random.choice(kinds))}

    def _deliver(self, message: Held) -> None:
        """An unsigned answer may make a device wait an hour, also the service's own to a forged request; the test has less
        time."""
        if message.kind == "response":
            with suppress(ValueError):
                said = json.loads(message.payload)
                if said.get("retry_after_s", 0) > 4:
                    message = Held(message.topic, compact(said | {"retry_after_s": 4}))
        self.broker.deliver(message)

    def _pass_on(self, message: Held) -> None:
        if (message.device_id, message.kind) in self._withheld:
            return
        if (message.device_id, "signature") in self._withheld and message.kind == "status":
            message = Held(message.topic, compact(payload_of(message.payload) or json.loads(message.payload)))
        self._deliver(message)

    def _deliver_oldest(self) -> None:
        if self.broker.held:
            self._pass_on(self.broker.held.pop(0))

    def _deliver_any(self) -> None:
        if message := self._take_any():
            self._pass_on(message)

    def _drop(self) -> None:
        self._take_any()

    def _drop_all(self) -> None:
        self.broker.held.clear()

    def _double(self) -> None:
        if self.broker.held:
            self._deliver(self.random.choice(self.broker.held))

    def _replay(self) -> None:
        if self.broker.seen:
            self._deliver(self.random.choice(self.broker.seen))

    def _misdirect(self) -> None:
        if not self.broker.seen:
            return
        message, other = self.random.choice(self.broker.seen), self._anybody()
        self._deliver(Held(message.topic.replace(message.device_id, other), message.payload))

    def _damage(self) -> None:
        if message := self._take_any():
            damaged = bytearray(message.payload)
            if damaged:
                damaged[self.random.randrange(len(damaged))] ^= 1 << self.random.randrange(7)
            self._deliver(Held(message.topic, bytes(damaged)))

    def _take_any(self) -> Held | None:
        held = self.broker.held
        return held.pop(self.random.randrange(len(held))) if held else None

    def _cut(self) -> None:
        if self.broker.clients:
            self.broker.cut(self.random.choice(self.broker.clients))

    def _refuse(self) -> None:
        self.broker.refuses += self.random.randrange(1, 3)

    # --- what it makes up

    def _anybody(self) -> str:
        return self.random.choice(list(self.known))

    def _session(self, known: Knowledge) -> str:
        own = MARK + "".join(self.random.choices(string.ascii_letters, k=8))
        return self.random.choice([*known.sessions, known.sessions[-1], own])

    def _say(self, topic: str, message: Json | bytes) -> None:
        self._deliver(Held(topic, message if isinstance(message, bytes) else compact(message)))

    def _forge_status(self) -> None:
        device_id = self._anybody()
        known = self.known[device_id]
        members: Json = self.random.choice([
            {"status": "connected", "generation": self.random.randrange(known.generation + 3)},
            {"status": "connected", "generation": known.generation, "previous": MARK},
            {"status": "ready", "config_version": self.random.randrange(known.version + 3)},
            {"status": "ready", "config_version": known.version},
            {"status": "failed", "code": MARK, "message": MARK},
            {"status": "disconnected"}])
        if members["status"] == "ready":
            members["attributes"] = {"site": MARK}
        self._say(f"devices/{device_id}/status", members | {"session": self._session(known)})

    def _forge_request(self) -> None:
        """Plain, as a device with a token asks."""
        device_id = self._anybody()
        self._say(f"provisioning/v1/{device_id}/request", {
            "request_id": self.random.choice(self.known[device_id].request_ids), "device_id": device_id, "token": MARK,
            "credential": {"type": "password"}, "attributes": {"site": MARK}})

    def _forge_signed(self) -> None:
        """What a device or the service signed, changed and signed by a key of the attacker's, or not at all."""
        originals = [each for each in self.broker.seen if each.payload[:1] == b"e"]
        if not originals:
            return
        original = self.random.choice(originals)
        said = payload_of(original.payload) or {}
        names = [name for name in said if name not in ("device_id", "status")]
        said[self.random.choice(names)] = self.random.choice([MARK, 1, self.known[original.device_id].generation + 1])
        said["attributes"] = {"site": MARK}
        header = json.loads(from_base64url(original.payload.split(b".")[0].decode()))
        if self.random.random() < 0.5:
            self._say(original.topic, sign_hs256(header | {"alg": "HS256"}, compact(said), self._own_key))
        else:
            head, _, signature = original.payload.split(b".")
            self._say(original.topic, b".".join([head, to_base64url(compact(said)).encode(), signature]))

    def _forge_answer(self) -> None:
        device_id = self._anybody()
        status = self.random.choice(["rejected", "retry", "accepted", "pending", "challenge"])
        self._say(f"provisioning/v1/{device_id}/response", {
            "request_id": self.random.choice(self.known[device_id].request_ids), "device_id": device_id, "status": status,
            "tracking_id": MARK, "server_time": self.random.choice([0, 2**40]), "code": MARK, "message": MARK, "nonce": MARK}
            | self.random.choice([{}, {"retry_after_s": self.random.randrange(4)}]))

    def _forge_configuration(self) -> None:
        device_id = self._anybody()
        known = self.known[device_id]
        message = {"device_id": device_id, "session": self._session(known), "state": "ready", "config": {"site": MARK},
                   "config_version": known.version + 1, "confirmed": known.generation + 1}
        forged = sign_hs256({"typ": CONFIG, "alg": "HS256"}, compact(message), derive(self._own_key, "provisioning-response v1"))
        self._say(f"devices/{device_id}/config", self.random.choice([forged, compact(message)]))
