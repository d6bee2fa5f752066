"""Each password, key and certificate of an installation is replaced as the documentation says, while a fleet lives on it."""

from __future__ import annotations

import base64
import os
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from account import give
from authority import Authority
from daemon import StackError, clean_environment
from mosquitto import find
from stack import within
from world import World

RENEWED_LIMIT_S = 90


class Rotations:
    def __init__(self, world: World) -> None:
        self.world, self.stack = world, world.stack
        self.authority = Authority(world.stack)
        self.anchors = self.stack.pki / "server-ca.pem"  # what is built into devices
        first = self.stack.pki / "server-ca-0.pem"
        shutil.copy(self.anchors, first)

    @property
    def all(self) -> dict[str, Callable[[], None]]:
        """By name."""
        return {name: getattr(self, name) for name in ("database_password", "service_login", "admin_login", "broker_certificate",
                                                       "signing_certificate", "device_ca", "anchor", "master_key")}

    # --- what they share

    def configure(self, section: str, **values: Path | None) -> None:
        """Without a value: the setting goes."""
        kept = self.stack.settings.setdefault(section, {})
        for name, value in values.items():
            kept.pop(name, None)
            if value:
                kept[name] = str(value)
        self.stack.write_configuration()

    def restart_replicas(self) -> None:
        """One after the other."""
        for service in self.world.services:
            self.world.kills["service"] = self.world.kills.get("service", 0) + 1
            service.restart()

    def configure_broker(self, **lines: Path) -> None:
        """Every line with one of these names gets this file; and the broker starts again."""
        file = self.stack.broker.configuration
        text = file.read_text()
        for name, value in lines.items():
            text = re.sub(rf"(?m)^{name} .*$", f"{name} {value}", text)
        file.write_text(text)
        self.world.kills["broker"] = self.world.kills.get("broker", 0) + 1
        self.stack.mosquitto.restart()

    def await_renewed(self) -> None:
        """Every device of the fleet has a credential, and with it an answer, of after this moment (docs/certificates.md)."""
        since = self.world.query("SELECT now() AS now")[0]["now"]
        ids = ", ".join(f"'{life.device_id}'" for life in self.world.fleet.lives)
        within(RENEWED_LIMIT_S, "all devices have renewed", lambda: not self.world.query(
            "SELECT device_id FROM registry.certificates WHERE status IN ('issued', 'active') "
            f"AND issued_at < '{since}' AND device_id IN ({ids}) LIMIT 1"))

    # --- passwords

    def database_password(self) -> None:
        new = secrets.token_urlsafe(24)
        self.stack.cluster.sql(f"ALTER ROLE latchkey PASSWORD '{new}'")
        self.world.spent.append(self.stack.passwords["latchkey"])
        self.stack.passwords["latchkey"] = new
        self.stack.home.keep_secret("database.password", new)
        self.stack.cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'latchkey'")

    def service_login(self) -> None:
        self._broker_password("service")

    def admin_login(self) -> None:
        self._broker_password("admin")

    def _broker_password(self, account: str) -> None:
        """The broker reads its file again at SIGHUP."""
        new, file = secrets.token_urlsafe(24), self.stack.broker.password_file(account)
        line = self.stack.folder / "new.passwords"
        line.write_text(f"@{account}:{new}\n")
        subprocess.run([find("mosquitto_passwd"), "-U", str(line)], check=True, capture_output=True, env=clean_environment())
        table = self.stack.folder / "mosquitto.passwords"
        others = [each for each in table.read_text().splitlines() if not each.startswith(f"@{account}:")]
        table.write_text("\n".join([*others, line.read_text().strip(), ""]))
        self.world.spent.append(file.read_text().strip())
        file.write_text(new + "\n")
        assert self.stack.mosquitto.pid
        os.kill(self.stack.mosquitto.pid, signal.SIGHUP)
        self.restart_replicas()

    # --- certificates

    def broker_certificate(self) -> None:
        certificate, key = self.authority.issue("broker")
        self.configure_broker(certfile=certificate, keyfile=key)

    def signing_certificate(self) -> None:
        certificate, key = self.authority.issue("signing")
        self.configure("pki", signing_certificate_file=certificate, signing_key_file=key)
        self.restart_replicas()

    def device_ca(self) -> None:
        old, new = self.authority.device, self.authority.new_set()
        both = self.authority.bundle("device-cas", old / "device-ca.pem", new / "device-ca.pem")
        self.configure_broker(cafile=both, plugin_opt_device_ca=both)
        self.configure("pki", device_ca_file=new / "device-ca.pem", device_ca_key_file=new / "device-ca-key.pem")
        self.configure("crl", previous_ca_file=old / "device-ca.pem", previous_ca_key_file=old / "device-ca-key.pem")
        self.restart_replicas()
        self.await_renewed()
        self.configure_broker(cafile=new / "device-ca.pem", plugin_opt_device_ca=new / "device-ca.pem")
        self.configure("crl", previous_ca_file=None, previous_ca_key_file=None)
        self.restart_replicas()
        self.authority.device = new
        self.world.device_cas.append(new / "device-ca.pem")

    def anchor(self) -> None:
        old, new = self.authority.server, self.authority.new_set()
        present = self.stack.pki / "server-ca-0.pem" if old == self.stack.pki else old / "server-ca.pem"
        both = self.authority.bundle("server-cas", present, new / "server-ca.pem")
        self.anchors.write_text(both.read_text())  # what devices that are delivered from now on know
        self.configure("connection", ca_file=both)
        self.restart_replicas()
        self.await_renewed()
        self.configure("pki", signing_certificate_file=new / "signing.pem", signing_key_file=new / "signing-key.pem")
        self.configure("mqtt", ca_file=both)
        self.configure_broker(certfile=new / "broker.pem", keyfile=new / "broker-key.pem")
        self.restart_replicas()
        self.anchors.write_text((new / "server-ca.pem").read_text())
        self.configure("connection", ca_file=new / "server-ca.pem")
        self.configure("mqtt", ca_file=new / "server-ca.pem")
        self.restart_replicas()
        self.authority.server = new

    # --- the master key

    def master_key(self) -> None:
        old = Path(self.stack.service_settings()["secrets"]["master_key_file"])
        new = old.with_name(f"master-{secrets.token_hex(4)}.key")
        new.touch(0o600)
        new.write_text(base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
        give(new)
        self.configure("secrets", master_key_file=new, previous_master_key_file=old)
        self.restart_replicas()
        # Only the key of its time gives a password again to a device that repeats its request.
        within(RENEWED_LIMIT_S, "nothing depends on the old master key", self._is_resealed)
        self.configure("secrets", previous_master_key_file=None)
        self.restart_replicas()
        self.world.spent.append(old.read_text().strip())

    def _is_resealed(self) -> bool:
        try:
            self.stack.latchkey("db", "reseal")
        except StackError:
            return False
        return True
