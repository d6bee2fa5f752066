"""The network does what networks do."""

from __future__ import annotations

from typing import Any

from campaign import Campaign, Run
from connections import Proxy
from stack import Settings
from tapped import GateWorldStack

LONGEST_S = 3.0
COMMIT = b"commit_requests"


class ProxiedStack(GateWorldStack):
    """The service reaches its database and its broker through proxies only."""

    def service_settings(self) -> Settings:
        settings = super().service_settings()
        database, broker = self.cluster.port, self.broker.bootstrap_port
        self.proxies = {"database": Proxy(database, COMMIT), "broker": Proxy(broker)}
        for section, name, port in (("database", "database", database), ("mqtt", "broker", broker)):
            settings[section]["url"] = settings[section]["url"].replace(f":{port}", f":{self.proxies[name].port}")
        return settings

    def stop(self) -> None:
        super().stop()
        for proxy in getattr(self, "proxies", {}).values():
            proxy.close()


def proxy(run: Run) -> None:
    stack: Any = run.world.stack
    proxies: dict[str, Proxy] = stack.proxies
    for _ in run.rounds():
        name = run.chance.choice(sorted(proxies))
        one, chance = proxies[name], run.chance
        lasting = {"hold": one.hold, "delay": lambda: one.delay(chance.uniform(0.005, 0.2)), "drip": one.drip}
        at_once = {"lose one": lambda: one.lose(chance, False), "lose all": lambda: one.lose(chance, True),
                   "reset one": lambda: one.reset(chance, False), "reset all": lambda: one.reset(chance, True)}
        cuts = {f"cut {where}": lambda where=where: one.cut(where) for where in ("before", "half", "after")}
        acts = lasting | at_once | (cuts if one.word else {})
        act = chance.choice(sorted(acts))
        acts[act]()
        run.count(f"{name}: {act}")
        run.pause(LONGEST_S)
        one.heal()
        if chance.random() < 0.2:
            run.comes_back(act)
    for each in proxies.values():
        each.heal()
    run.faults["commits that were cut"] = proxies["database"].cuts


CAMPAIGN = Campaign("proxy", "the network between the service and its servers holds, loses, delays, drips, resets, cuts", proxy,
                    ProxiedStack)
