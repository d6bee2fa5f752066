"""A TCP proxy between two parties, which can do to connections what networks do."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
import time

from ports import free_port

CHUNK = 16384


class Connection:
    """One connection through the proxy. `lost`: nothing comes through any more, and it stays open."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self.lost = False
        self.holds = False  # until the proxy heals
        self.swallows = False  # the server's next bytes are lost, and the connection with them

    def reset(self) -> None:
        """Ends both halves as a machine does that crashed: RST, and what is on the way is lost."""
        for each in (self.client, self.server):
            with contextlib.suppress(OSError):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads it
            each.close()


class Proxy:
    """Listens on a port of its own and leads to `target`. `word` is what the client says when it commits."""

    def __init__(self, target: int, word: bytes = b"") -> None:
        self.target, self.word = target, word
        self.port = free_port()
        self.cuts = 0  # connections that were cut at the word
        self._changed = threading.Condition()
        self._holds = False
        self._pause_s = 0.0
        self._drips = False
        self._bytes_per_s = 0
        self._cut = ""
        self._open: list[Connection] = []
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    # --- the faults; `heal` ends those that last

    def hold(self) -> None:
        """Nothing comes through until `heal`; then all of it does, as with packets that are sent again."""
        self._set(holds=True)

    def delay(self, pause_s: float) -> None:
        self._set(pause_s=pause_s)

    def drip(self) -> None:
        """A few bytes at a time."""
        self._set(drips=True)

    def hold_one(self, chance: random.Random) -> None:
        """As `hold`, of one connection."""
        for each in self._some(chance, False):
            each.holds = True

    def narrow(self, bytes_per_s: int) -> None:
        """So much comes through in each direction of each connection."""
        self._set(bytes_per_s=bytes_per_s)

    def cut(self, where: str) -> None:
        """The next connection that says the word is cut before it, within it (half), or after it (the answer is lost)."""
        self._set(cut=where)

    def heal(self) -> None:
        self._set()

    def lose(self, chance: random.Random, all_of_them: bool) -> None:
        """Connections that were forgotten on their way: nothing comes through, and nobody ends them."""
        for each in self._some(chance, all_of_them):
            each.lost = True

    def reset(self, chance: random.Random, all_of_them: bool) -> None:
        for each in self._some(chance, all_of_them):
            each.reset()

    def close(self) -> None:
        self.heal()
        self._listener.close()
        for each in self._connections():
            each.reset()

    def _set(self, holds: bool = False, pause_s: float = 0.0, drips: bool = False, cut: str = "", bytes_per_s: int = 0) -> None:
        with self._changed:
            self._holds, self._pause_s, self._drips, self._cut, self._bytes_per_s = holds, pause_s, drips, cut, bytes_per_s
            for each in self._open:
                each.holds = False
            self._changed.notify_all()

    def _connections(self) -> list[Connection]:
        with self._changed:
            return list(self._open)

    def _some(self, chance: random.Random, all_of_them: bool) -> list[Connection]:
        found = self._connections()
        return found if all_of_them or not found else [chance.choice(found)]

    # --- passing on

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
            except ConnectionError:  # the server is away
                client.close()
                continue
            except OSError:
                return
            one = Connection(client, server)
            with self._changed:
                self._open.append(one)
            threading.Thread(target=self._up, args=(one,), daemon=True).start()
            threading.Thread(target=self._down, args=(one,), daemon=True).start()

    def _up(self, one: Connection) -> None:
        with contextlib.suppress(OSError):
            while data := self._receive(one, one.client):
                if self.word and self.word in data and self._cuts(one, data):
                    continue
                self._send(one, one.server, data)
        self._end(one)

    def _down(self, one: Connection) -> None:
        with contextlib.suppress(OSError):
            while data := self._receive(one, one.server):
                if one.swallows:
                    break
                self._send(one, one.client, self.passes(one, data))
        self._end(one)

    def passes(self, _one: Connection, data: bytes) -> bytes:
        """What becomes of what the server says."""
        return data

    def _receive(self, one: Connection, source: socket.socket) -> bytes:
        data = source.recv(CHUNK)
        with self._changed:
            self._changed.wait_for(lambda: not self._holds and not one.holds)
        return data

    def _send(self, one: Connection, sink: socket.socket, data: bytes) -> None:
        if one.lost:
            return
        if self._pause_s:
            time.sleep(self._pause_s)
        step = 7 if self._drips else len(data) or 1
        for begin in range(0, len(data), step):
            sink.sendall(data[begin:begin + step])
            if self._drips:
                time.sleep(0.001)
        if rate := self._bytes_per_s:
            time.sleep(len(data) / rate)

    def _cuts(self, one: Connection, data: bytes) -> bool:
        """True if it did what `cut` asked for with these bytes."""
        with self._changed:
            where, self._cut = self._cut, ""
        if not where:
            return False
        self.cuts += 1
        if where == "after":
            one.swallows = True
            one.server.sendall(data)
            return True
        if where == "half":
            one.server.sendall(data[:len(data) // 2])
        one.reset()
        return True

    def _end(self, one: Connection) -> None:
        """Its two ends go together; one that is lost ends when its client gives it up."""
        one.reset()
        with self._changed:
            if one in self._open:
                self._open.remove(one)
