"""A gate that has no room for more: what gives access and rights keeps no denial out, and is said to be missing."""

from __future__ import annotations

import json

from access_case import LIMIT_S, GateAccessTest

from gate_broker import GateBroker
from stack import Stack, within

ROOM = 3  # a revoked device takes two: one for itself, one for its certificate


class SmallGate(GateBroker):
    extra = f"plugin_opt_max_entries {ROOM}\nlog_type information"


class Full(GateAccessTest):
    @classmethod
    def prepare(cls, stack: Stack) -> None:
        stack.make_broker = SmallGate

    def test_more_devices_with_rights_than_there_is_room_for_keep_no_revocation_out(self) -> None:
        rights = json.dumps({"publish": ["plant/${device_id}/#"], "subscribe": []})
        self.act(f"set_fleet_rights('{rights}', 'a test')")
        sessions = [self.session(self.provisioned(f"full-{n}")) for n in range(ROOM)]
        late = self.provisioned("late").connect()
        self.addCleanup(late.wire.close)
        late.tell("connected", generation=late.generation)
        within(2 * LIMIT_S, "the service says that there is no room", lambda: "has no room" in self.fetch("/readyz?verbose")[1])
        self.assertLess(self.cut_off_after(sessions[0], "revoke('full-0', 'a test')"), LIMIT_S)
        self.change("full-0")
        # Passwords have room of their own.
        self.assertTrue(self.is_let_in(self.provisioned("password", wants="password")))
        self.assertLess(self.cut_off_after(sessions[1], "revoke('full-1', 'a test')"), LIMIT_S)
