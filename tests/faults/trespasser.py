"""A device that says and asks for what it may not, all the time, beside what it may."""

from __future__ import annotations

import json
import secrets
import ssl
import threading

from fleet import GROUP, TRESPASSER, WITNESSES, Fleet
from foreign_device import Session
from jose import Refused
from tapped import Tap
from wire import WireError

OTHER = WITNESSES[0]
EACH_RENEWAL = 40  # trespasses
RIGHTS = {"publish": ["plant/${device_id}/telemetry/#"], "subscribe": ["plant/${device_id}/commands/#"]}
ALLOWED = f"plant/{TRESPASSER}/telemetry/own"
FORBIDDEN = [f"plant/{OTHER}/telemetry/x", f"plant/{TRESPASSER}/x", f"plant/{TRESPASSER}/commands/x", f"devices/{OTHER}/status",
             f"devices/{OTHER}/config", f"devices/{TRESPASSER}/config", f"provisioning/v1/{OTHER}/request",
             f"provisioning/v1/{OTHER}/response", f"provisioning/v1/{TRESPASSER}/response", "all/x"]
FORBIDDEN_FILTERS = ["#", "plant/+/commands/#", f"plant/{OTHER}/commands/#", f"devices/{OTHER}/config",
                     f"devices/{TRESPASSER}/status", "provisioning/v1/+/response"]


class Trespasser(threading.Thread):
    """Its login is a password, so that the rights hold at a broker with dynamic-security as well. `granted`: filters that it
    was given and must not have."""

    def __init__(self, fleet: Fleet) -> None:
        super().__init__(name=TRESPASSER, daemon=True)
        self.fleet, self.granted = fleet, set[str]()
        self.set_rights(RIGHTS)
        self.device = fleet.witness(TRESPASSER, "password")
        self.device.provision()

    def set_rights(self, rights: dict[str, list[str]]) -> None:
        self.fleet.stack.sql(f"SELECT registry.set_group_rights('{GROUP}', '{json.dumps(rights)}', 'a campaign')")

    def run(self) -> None:
        while not self.fleet.settle.is_set():
            try:
                self.renew()  # the one before may have ended
                with self.session() as session:
                    for _ in range(EACH_RENEWAL):
                        if self.fleet.settle.wait(0.2):
                            return
                        self.trespass(session)
            except (WireError, TimeoutError, OSError, ssl.SSLError, Refused):
                self.fleet.settle.wait(0.3)

    def renew(self) -> None:
        """As every device does once in a while: no password is for ever."""
        self.device.request_id = secrets.token_urlsafe(16)
        self.device.provision()

    def session(self) -> Session:
        """One in which its rights hold."""
        session = self.device.connect()
        try:
            first = session.say("connected", generation=session.generation)
            session.say("ready", config_version=first["config_version"])
        except BaseException:
            session.wire.close()
            raise
        return session

    def trespass(self, session: Session, word: str = "always") -> None:
        for topic in (*FORBIDDEN, ALLOWED):
            session.wire.publish(topic, Tap.MARK + word.encode())
        for wanted in FORBIDDEN_FILTERS:
            try:
                session.wire.subscribe(wanted)
                self.granted.add(wanted)
            except WireError as error:
                if "refused" not in str(error):
                    raise
