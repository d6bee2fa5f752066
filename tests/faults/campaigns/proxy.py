"""The network does what networks do, between every two parties."""

from __future__ import annotations

from collections.abc import Callable

from campaign import Campaign, Run
from connections import Proxy
from daemon import Daemon
from stack import Settings
from tapped import GateWorldStack

# A connection that is lost is given up after 12.7 s by a service and after 1.5 keep alives by a broker.
LENGTHS_S = (0.3, 0.3, 3, 14)
COMMIT = b"commit_requests"
NARROWEST, WIDEST = 2000, 50000  # bytes a second


class ProxiedStack(GateWorldStack):
    """Each replica reaches its database and its broker through proxies of its own, and the devices reach the broker so."""

    proxies: dict[str, Proxy]

    def service_settings(self) -> Settings:
        settings = super().service_settings()
        database, bootstrap, device = self.cluster.port, self.broker.bootstrap_port, self.broker.device_port
        self.proxies = {"service, database": Proxy(database, COMMIT), "service, broker": Proxy(bootstrap),
                        "replica, database": Proxy(database, COMMIT), "replica, broker": Proxy(bootstrap),
                        "devices, broker for accounts": Proxy(bootstrap), "devices, broker": Proxy(device)}
        self._lead(settings, "service")
        settings["connection"] |= {"port": self.proxies["devices, broker"].port,
                                   "password_port": self.proxies["devices, broker for accounts"].port}
        return settings

    def _lead(self, settings: Settings, replica: str) -> None:
        for section, server, port in (("database", "database", self.cluster.port), ("mqtt", "broker", self.broker.bootstrap_port)):
            url = settings[section]["url"]
            settings[section]["url"] = url.replace(f":{port}", f":{self.proxies[f'{replica}, {server}'].port}")

    def replica(self, name: str) -> Daemon:
        daemon = super().replica(name)
        if name != "service":
            settings = super().service_settings()
            self._lead(settings, name)
            daemon.environment |= {f"LATCHKEY_{section.upper()}_URL": settings[section]["url"] for section in ("database", "mqtt")}
        return daemon

    @property
    def environment(self) -> dict[str, str]:
        bootstrap = self.proxies["devices, broker for accounts"].port if hasattr(self, "proxies") else 0
        return super().environment | ({"LATCHKEY_BOOTSTRAP_URL": f"mqtts://localhost:{bootstrap}"} if bootstrap else {})

    def stop(self) -> None:
        super().stop()
        for proxy in getattr(self, "proxies", {}).values():
            proxy.close()


def proxy(run: Run) -> None:
    stack = run.world.stack
    assert isinstance(stack, ProxiedStack)
    for _ in run.rounds():
        chosen = run.chance.sample(sorted(stack.proxies), run.chance.choice([1, 1, 2]))
        done = [f"{name}: {disturbed(run, stack.proxies[name])}" for name in chosen]
        for fault in done:
            run.count(fault)
        run.pause(run.chance.choice(LENGTHS_S))
        for name in chosen:
            stack.proxies[name].heal()
        if run.chance.random() < 0.2:
            run.comes_back("; ".join(done))
    run.notes.append(f"{sum(each.cuts for each in stack.proxies.values())} commits were cut")


def disturbed(run: Run, one: Proxy) -> str:
    """Does something to it; what."""
    chance = run.chance
    acts: dict[str, Callable[[], None]] = {
        "hold": one.hold, "hold one": lambda: one.hold_one(chance), "delay": lambda: one.delay(chance.uniform(0.005, 0.2)),
        "drip": one.drip, "narrow": lambda: one.narrow(chance.randint(NARROWEST, WIDEST)),
        "lose one": lambda: one.lose(chance, False), "lose all": lambda: one.lose(chance, True),
        "reset one": lambda: one.reset(chance, False), "reset all": lambda: one.reset(chance, True)}
    if one.word:
        acts |= {f"cut {where}": lambda where=where: one.cut(where) for where in ("before", "half", "after")}
    act = chance.choice(sorted(acts))
    acts[act]()
    return act


CAMPAIGN = Campaign("proxy", "the network between all parties holds, loses, delays, drips, narrows, resets, cuts", proxy,
                    ProxiedStack, is_brief=True)
