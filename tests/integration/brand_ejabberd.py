"""ejabberd as a broker for devices with a certificate. `./dev test brands` runs it."""

from __future__ import annotations

import broker_rows
import broker_walls

from ejabberd_broker import EjabberdStack


class EjabberdTest(broker_rows.BrokerRows, broker_walls.BrokerWalls):
    title = "ejabberd"
    make_stack = EjabberdStack

    def test_a_device_gains_nothing_by_the_name_of_an_account(self) -> None:
        """A certificate's name and a user name are the same to ejabberd: the accounts' names are no device ids."""
        device = self.new("service")
        requests = self.wire(device)
        self.assertFalse(self.arrives(requests, "devices/other/config", self.account_wire("service", "devices/+/status")))
