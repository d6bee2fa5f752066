"""Notifications of the database get lost or are late: what operators do arrives all the same, by polling."""

from __future__ import annotations

import itertools
import json
import time

from campaign import Campaign, Run
from daemon import StackError
from foreign_device import Session
from jose import Refused
from notifications import NotificationProxy
from stack import Settings
from tapped import GateWorldStack
from wire import WireError

GROUP, DEVICE = "hearers", "hearer"
PROMISED_S = 5  # G13, G30, docs/configuration-of-devices.md
MACHINE_S = 2  # for a loaded machine, and for what is measured by asking again and again
PATIENCE_S = 20
TELEMETRY = f"plant/{DEVICE}/telemetry/x"


class DeafStack(GateWorldStack):
    """The replicas reach the database through a proxy that knows notifications."""

    proxy: NotificationProxy

    def service_settings(self) -> Settings:
        settings = super().service_settings()
        self.proxy = NotificationProxy(self.cluster.port)
        settings["database"]["url"] = settings["database"]["url"].replace(f":{self.cluster.port}", f":{self.proxy.port}")
        return settings

    def stop(self) -> None:
        super().stop()
        if hasattr(self, "proxy"):
            self.proxy.close()


class Hearer:
    """A device with an open session, to which operators do things. Each act returns how long it took to arrive."""

    def __init__(self, run: Run) -> None:
        self.world = run.world
        self.numbers = itertools.count(1)
        self.sql(f"SELECT registry.enroll_group('{GROUP}', 'token', sha256('nobody'), credential_types => '{{x509,password}}')")
        self.sql(f"SELECT registry.set_group_policy('{GROUP}', '{{\"credentials_per_hour\": 1000000}}', 'a campaign')")
        self.world.fleet.enroll([DEVICE], GROUP)
        self.device = self.world.fleet.witness(DEVICE)
        self.begin()

    def sql(self, statement: str) -> None:
        self.world.stack.sql(statement)

    def begin(self) -> None:
        self.give_rights("telemetry")
        self.device.request_id = f"request-of-hearer-{next(self.numbers)}"
        self.device.provision()
        self.session: Session = self.device.connect()
        first = self.session.say("connected", generation=self.session.generation)
        self.session.say("ready", config_version=first["config_version"])

    def give_rights(self, room: str) -> None:
        rights = json.dumps({"publish": [f"plant/${{device_id}}/{room}/#"]})
        self.sql(f"SELECT registry.set_group_rights('{GROUP}', '{rights}', 'a campaign')")

    def configuration(self) -> float:
        number = next(self.numbers)
        self.sql(f"SELECT registry.set_device_config('{DEVICE}', '{{\"number\": {number}}}', 'a campaign')")
        begin = time.monotonic()
        while time.monotonic() < begin + PATIENCE_S:
            said = self.session.listen(begin + PATIENCE_S)
            if said and said.get("config", {}).get("number") == number:
                took = time.monotonic() - begin
                self.session.say("ready", config_version=said["config_version"])
                return took
        raise StackError(f"{DEVICE} was not sent its configuration")

    def rights(self) -> float:
        """From the end of a right to the last time that it was used."""
        self.give_rights("other")
        begin = time.monotonic()
        word = f"at {begin}"
        heard_at = begin
        while time.monotonic() < min(heard_at + PROMISED_S + MACHINE_S, begin + PATIENCE_S):
            said = f"hearer {next(self.numbers)} {word}"
            sent_at = time.monotonic()
            self.session.wire.publish(TELEMETRY, self.world.tap.MARK + said.encode())
            time.sleep(0.1)
            if (TELEMETRY, self.world.tap.MARK.decode() + said) in self.world.tap.marked:
                heard_at = sent_at
        self.world.tap.marked[:] = [each for each in self.world.tap.marked if each[0] != TELEMETRY]
        self.give_rights("telemetry")
        return heard_at - begin

    def revocation(self) -> float:
        self.sql(f"SELECT registry.revoke('{DEVICE}', 'a campaign')")
        begin = time.monotonic()
        is_lost = self.session.wire.is_lost(PATIENCE_S)
        took = time.monotonic() - begin
        if not is_lost:
            raise StackError(f"the session of {DEVICE} goes on")
        self.sql(f"SELECT registry.reset('{DEVICE}', 'a campaign')")
        self.begin()
        return took


def listen(run: Run) -> None:
    stack = run.world.stack
    assert isinstance(stack, DeafStack)
    hearer = Hearer(run)
    acts = {"a configuration": hearer.configuration, "a right that ends": hearer.rights, "a revocation": hearer.revocation}
    longest = dict.fromkeys(acts, 0.0)
    for _ in run.rounds():
        name, mode = run.chance.choice(sorted(acts)), run.chance.choice(["lose", "lose", "hold"])
        run.pause(5)  # anywhere between two polls
        stack.proxy.set_mode(mode)
        try:
            took = acts[name]()
        except (StackError, WireError, TimeoutError, Refused) as error:
            run.problems.append(f"G13 {name}, with notifications that are lost: {error!r}")
            break
        longest[name] = max(longest[name], took)
        run.count(f"{mode}: {name}")
        if took > PROMISED_S + MACHINE_S:
            run.problems.append(f"G13 {name} took {took:.1f} s")
        stack.proxy.heal()
    stack.proxy.heal()
    run.notes.append(f"{stack.proxy.swallowed} notifications were lost or late")
    run.notes += [f"{name} took {took:.2f} s at most" for name, took in longest.items()]


CAMPAIGN = Campaign("listen", "notifications of the database are lost or late", listen, DeafStack, is_brief=True)
