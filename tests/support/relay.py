"""A port that leads to another one, while it is open; that lets nothing back from some moment on; or that ends what is idle."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

SUBSCRIBE = 0x82  # the first byte of the packet, MQTT 5.0 3.8.1


class Relay:
    def __init__(self, port: int, target: int) -> None:
        self.port, self.target = port, target
        self.open: list[socket.socket] = []
        self.silent: set[socket.socket] = set()
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            self.open += [client, server]
            self._connect(client, server)

    def _connect(self, client: socket.socket, server: socket.socket) -> None:
        self._start(client, server)
        self._start(server, client)

    def _start(self, source: socket.socket, sink: socket.socket, passes: Callable[[bytes], bool] = lambda _: True) -> None:
        threading.Thread(target=self._copy, args=(source, sink, passes), daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket, passes: Callable[[bytes], bool]) -> None:
        try:
            while data := source.recv(65536):
                if source not in self.silent and passes(data):
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def silence(self) -> None:
        """Nothing more comes through the connections that are open now, and they stay."""
        self.silent.update(self.open)

    def cut(self) -> None:
        """Both ends of each connection see its end, and nobody listens any more."""
        for each in (self.listener, *self.open):  # closing alone does not end what a thread waits for
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self.listener, *self.open):
            each.close()


class SwallowingRelay(Relay):
    """What the other end answers on a connection is lost once the client has said `word` there. All is acknowledged, as
    by a server that is stopped, or by a proxy that lost its other half."""

    def __init__(self, port: int, target: int, word: bytes) -> None:
        self.word = word
        self.swallowed = 0  # connections
        super().__init__(port, target)

    def _connect(self, client: socket.socket, server: socket.socket) -> None:
        said = threading.Event()

        def hear(data: bytes) -> bool:
            if self.word in data and not said.is_set():
                said.set()
                self.swallowed += 1
            return True

        self._start(client, server, hear)
        self._start(server, client, lambda _: not said.is_set())


class IdleRelay(Relay):
    """Ends a connection on which the client fell silent for so long, as load balancers do. With `keep_alive` it is a broker
    of MQTT 5 without TLS that demands this keep alive in its CONNACK. Then it leaves a connection alone that has
    subscribed: its client is at work, and slow on a loaded machine."""

    def __init__(self, port: int, target: int, limit_s: float, keep_alive: int | None = None) -> None:
        self.limit_s, self.keep_alive = limit_s, keep_alive
        super().__init__(port, target)

    def _connect(self, client: socket.socket, server: socket.socket) -> None:
        threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()
        if self.keep_alive is not None:
            with contextlib.suppress(OSError):
                self._pass_on_connack(client, server)
        self._start(server, client)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        works = threading.Event()

        def hear(data: bytes) -> bool:
            if self.keep_alive is not None and data[0] == SUBSCRIBE:
                works.set()
            client.settimeout(None if works.is_set() else self.limit_s)
            return True

        self._copy(client, server, hear)
        for each in (client, server):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _pass_on_connack(self, client: socket.socket, server: socket.socket) -> None:
        packet = server.recv(65536)  # 3.2: the fixed header, flags and code, the length of the properties, these
        if packet[:1] == b"\x20" and packet[3] == 0:
            more = b"\x13" + self.keep_alive.to_bytes(2, "big")  # type: ignore[union-attr]
            packet = bytes((0x20, packet[1] + len(more))) + packet[2:4] + bytes((packet[4] + len(more),)) + packet[5:] + more
        client.sendall(packet)
