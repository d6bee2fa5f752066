"""Who is refused cannot tell why, not even by the time it takes."""

from __future__ import annotations

import secrets
import statistics
import time

from lax_case import LaxTest
from proof_case import ProofTest

from foreign_device import Device, KeyPair, Proof, SymmetricKey
from jose import generate_key, public_pem
from wire import Wire

SAMPLES = 10_000  # of each kind
DEVICES = 2000  # of each kind: each stays below the limit of its id, also where several share a slot of ProofLimits
PAUSE_S = 1 / 170  # all of them stay below the limit of all ids, 200 a second


def ids_of(ids: list[str]) -> str:
    """As SQL."""
    return f"'{{{','.join(ids)}}}'::text[]"


class Uniform(LaxTest, ProofTest):
    def assert_alike(self, kinds: dict[str, list[str]], thief: Proof) -> None:
        """Interleaved, so that whatever else the machine does falls on all alike."""
        csr = self.device("some-device", thief).csr()
        times: dict[str, list[float]] = {kind: [] for kind in kinds}
        with self.crowd() as wire:
            for number in range(SAMPLES):
                for kind, ids in kinds.items():
                    times[kind].append(self.time_one(wire, self.device(ids[number % DEVICES], thief, wants="password"), csr))
        medians = {kind: statistics.median(values) for kind, values in times.items()}
        print("medians:", ", ".join(f"{kind} {value * 1e6:.0f} us" for kind, value in medians.items()))
        self.assertLess(max(medians.values()) / min(medians.values()), 1.05, medians)

    def time_one(self, wire: Wire, device: Device, csr: str) -> float:
        payload = device.message(credential={"type": "x509", "csr": csr})
        start = time.perf_counter()
        wire.post(device.topic("request"), payload)
        message = wire.receive()
        took = time.perf_counter() - start
        assert message
        self.assertIn(b'"unauthorized"', message.payload)
        time.sleep(max(0.0, PAUSE_S - (time.perf_counter() - start)))
        return took

    def names(self, kind: str) -> list[str]:
        return [f"{kind}-{number:04d}" for number in range(DEVICES)]

    def test_signatures(self) -> None:
        unknown, wrong, disabled = self.names("pk-unknown"), self.names("pk-wrong00"), self.names("pk-disable")
        pem = public_pem(generate_key("ES256")).decode()
        self.stack.sql(f"SELECT registry.enroll_device(id, 'public_key', registry.pem('{pem}')) FROM unnest({ids_of(wrong + disabled)}) id")
        self.disable(disabled)
        thief = KeyPair(generate_key("ES256"), self.place().anchors)
        self.assert_alike({"unknown": unknown, "wrong key": wrong, "disabled": disabled}, thief)

    def test_macs(self) -> None:
        unknown, wrong, disabled = self.names("mac-unknown"), self.names("mac-wrong00"), self.names("mac-disable")
        _, key_file = self.write_key("one for all")
        key = key_file.read_text().strip()
        file = self.folder / "devices.csv"
        file.write_text("device_id,key\n" + "".join(f"{device_id},{key}\n" for device_id in wrong + disabled))
        self.stack.latchkey("enroll", "import", str(file))
        self.disable(disabled)
        thief = SymmetricKey(secrets.token_bytes(32))
        self.assert_alike({"unknown": unknown, "wrong key": wrong, "disabled": disabled}, thief)

    def disable(self, ids: list[str]) -> None:
        self.stack.sql(f"SELECT registry.disable_device(id, 'why') FROM unnest({ids_of(ids)}) id")
