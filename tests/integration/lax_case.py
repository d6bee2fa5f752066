"""What the tests on a broker share that lets one connection speak and listen for any number of devices."""

from __future__ import annotations

import secrets

from stack_case import StackTest

from lax_broker import LaxBroker
from stack import Stack
from wire import Login, Wire


class LaxTest(StackTest):
    @classmethod
    def prepare(cls, stack: Stack) -> None:
        stack.make_broker = LaxBroker

    def anybody(self) -> Wire:
        """A connection by the bootstrap account, whose client id is no device's."""
        place = self.place()
        return Wire(place.url, f"@{secrets.token_hex(4)}", Login(place.anchors, place.username, place.password))

    def crowd(self) -> Wire:
        """The same, and it hears every answer."""
        wire = self.anybody()
        wire.subscribe("provisioning/v1/+/response")
        return wire
