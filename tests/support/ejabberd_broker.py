"""A private ejabberd as a broker: the configuration that docs/brokers.md shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from brand_broker import START_LIMIT_S, AcceptingDaemon, BrandBroker, BrandStack, example
from daemon import Daemon, StackError
from stack import Settings, within

# As `ejabberdctl register` does, which refuses accounts of the system other than its own.
REGISTER = """lists:foreach(fun(A) -> {{ok, P}} = file:read_file("{folder}/" ++ A ++ ".password"),
 ejabberd_auth:try_register(list_to_binary("~" ++ A), <<"localhost">>, string:trim(P)) end,
 ["service", "bootstrap", "platform"]), ok = file:write_file("{done}", "")."""


def library() -> Path:
    found = sorted(Path("/usr/lib").glob("*/ejabberd-*/ebin/mod_mqtt.beam"))
    if not found:
        raise StackError("ejabberd is not installed: run ./dev test brands")
    return found[-1].parent.parent


class EjabberdDaemon(AcceptingDaemon):
    accounts: Path

    def await_ready(self, limit_s: float = START_LIMIT_S) -> None:
        within(limit_s, "ejabberd has its accounts", lambda: self.accepts() and self.accounts.exists())


class EjabberdBroker(BrandBroker):
    mode = "none"

    def make_daemon(self) -> Daemon:
        done = self.home / "registered"
        # It cannot send to the address that Daemon would be told at.
        daemon = EjabberdDaemon("mosquitto", ["env", "--unset=NOTIFY_SOCKET", "erl", "-noinput", "-mnesia", "dir",
                                              f'"{self.home}/data"', "-s", "ejabberd", "-eval",
                                              REGISTER.format(folder=self.folder, done=done)],
                                self.folder, ends_with_parent=self.ends_with_parent, environment={
                                    "EJABBERD_CONFIG_PATH": f"{self.home}/ejabberd.yml", "EJABBERD_LOG_PATH": f"{self.home}/log",
                                    "ERL_LIBS": str(library().parent)})
        daemon.port, daemon.accounts = self.bootstrap_port, done
        return daemon

    def release(self) -> str:
        return library().name.removeprefix("ejabberd-").partition("-")[0]

    def configure(self, pki: Path) -> None:
        super().configure(pki)
        text = example("brokers.md", "hosts:")
        for old, new in (("broker.example", "localhost"), ("/etc/ejabberd/broker.pem", f"{self.home}/broker.pem"),
                         ("/etc/ejabberd/", f"{pki}/"), ("8883", str(self.bootstrap_port)), ('"::"', '"127.0.0.1"')):
            assert old in text, old
            text = text.replace(old, new)
        self.write(self.home / "ejabberd.yml", text)
        self.write(self.home / "broker.pem", (pki / "broker.pem").read_text() + (pki / "broker-key.pem").read_text())


class EjabberdStack(BrandStack):
    broker: EjabberdBroker
    mqtt_version = "5"

    def make_broker(self, *arguments: Any) -> EjabberdBroker:
        return EjabberdBroker(*arguments)

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"LATCHKEY_BOOTSTRAP_USER": "~bootstrap", "LATCHKEY_PLATFORM_USER": "~platform"}

    def service_settings(self) -> Settings:
        settings = super().service_settings()
        settings["mqtt"]["username"] = "~service"
        return settings
