"""How many questions of brokers the service answers. `./dev test brands` runs it; docs/brokers.md has figures."""

from __future__ import annotations

import os
import select
import socket
import time
from pathlib import Path

from access_case import AccessTest
from test_broker_http import TOKEN, HttpStack

from ports import free_port
from stack import Stack

CONNECTIONS = 16
QUESTIONS = 30_000


class Questions(AccessTest):
    make_stack = HttpStack

    @classmethod
    def prepare(cls, stack: Stack) -> None:
        stack.question_port = free_port()

    def question(self, what: str, body: str) -> bytes:
        return (f"POST /{TOKEN}/rabbitmq/{what} HTTP/1.1\r\nHost: localhost\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}").encode()

    def processor_time(self) -> float:
        """Seconds that the service has taken: unlike the clock they do not say how busy the machine was."""
        fields = Path(f"/proc/{self.stack.service.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def ask(self, question: bytes, answer: bytes) -> float:
        """Asks on several connections at once; seconds."""
        waiting = {}
        poll = select.poll()
        for _ in range(CONNECTIONS):
            connection = socket.create_connection(("127.0.0.1", self.stack.question_port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.addCleanup(connection.close)
            waiting[connection.fileno()] = connection
            poll.register(connection, select.POLLIN)
        begin = time.monotonic()
        for connection in waiting.values():
            connection.sendall(question)
        answered = 0
        while answered < QUESTIONS:
            ready = poll.poll(10_000)
            self.assertTrue(ready, "no answer")
            for number, _ in ready:
                self.assertTrue(waiting[number].recv(4096).endswith(answer))
                waiting[number].sendall(question)
                answered += 1
        return time.monotonic() - begin

    def test_five_thousand_answers_a_second(self) -> None:
        device = self.provisioned("asked", wants="password")
        password = device.opened["password"]
        for what, body in (("user", f"username=asked%401&password={password}&client_id=asked&vhost=%2F"),
                           ("topic", "username=asked%401&vhost=%2F&resource=topic&name=amq.topic&permission=write&variable_map.client_id=asked&routing_key=devices.asked.status")):
            with self.subTest(what):
                before = self.processor_time()
                took = self.ask(self.question(what, body), b"\r\nallow")
                cost = (self.processor_time() - before) / QUESTIONS
                print(f"{what}: {QUESTIONS / took:.0f} answers/s, {cost * 1e6:.0f} us of the service's processor time each", flush=True)
                self.assertLess(cost, 1 / 5000)
