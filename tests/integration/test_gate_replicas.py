"""Two replicas of the service at one gate: the slower one's snapshot comes after the faster one's denial (docs/gate.md)."""

from __future__ import annotations

import shutil
import threading

from access_case import LIMIT_S, GateAccessTest
from test_gate_away import PlainToo

from ports import free_port
from relay import Relay
from stack import Stack, within


class Holding(Relay):
    """What the client says stops where this word comes, until `go`."""

    def __init__(self, target: int, word: bytes) -> None:
        self.word = word
        self.holds, self.go = threading.Event(), threading.Event()
        super().__init__(free_port(), target)

    @property
    def url(self) -> str:
        return f"mqtt://localhost:{self.listener.getsockname()[1]}"

    def _connect(self, client: object, server: object) -> None:
        self._start(client, server, self._pass)  # type: ignore[arg-type]
        self._start(server, client)  # type: ignore[arg-type]

    def _pass(self, data: bytes) -> bool:
        if self.word in data:
            self.holds.set()
            self.go.wait(4 * LIMIT_S)
        return True


class Replicas(GateAccessTest):
    @classmethod
    def prepare(cls, stack: Stack) -> None:
        stack.make_broker = PlainToo

    def test_a_snapshot_that_began_before_a_denial_does_not_undo_it(self) -> None:
        broker = self.stack.broker
        assert isinstance(broker, PlainToo)
        device = self.provisioned(self.name, wants="password")
        self.await_told()
        relay = self.enterContext(Holding(broker.plain_port, f" {self.name} 0 1:".encode()))
        self.addCleanup(relay.go.set)
        slow, port = self.stack.replica("slow"), free_port()
        self.addCleanup(slow.stop)
        slow.start(LATCHKEY_MQTT_URL=relay.url, LATCHKEY_MQTT_CA_FILE="", LATCHKEY_HTTP_LISTEN=f"127.0.0.1:{port}")
        # A gate without a journal is sent everything, by the slower one first: after the faster one's it would find nothing to send.
        self.stack.service.stop()
        self.stack.mosquitto.stop()
        shutil.rmtree(broker.gate_state)
        self.stack.mosquitto.start()
        self.assertTrue(relay.holds.wait(4 * LIMIT_S), "the slower one sends a snapshot")
        self.stack.service.start()
        within(4 * LIMIT_S, "the faster one's snapshot is there", lambda: self.is_let_in(device))
        session = self.session(device)
        self.cut_off_after(session, f"revoke('{self.name}', 'stolen')")
        self.assertIn("[-] broker_access", self.fetch("/readyz?verbose", port)[1])
        # It goes on with what the registry had when it began.
        relay.go.set()
        within(4 * LIMIT_S, "the slower one is done", lambda: "[+] broker_access" in self.fetch("/readyz?verbose", port)[1])
        self.assertFalse(self.is_let_in(device))
        self.await_told()
        self.assertFalse(self.is_let_in(device))
