#!/usr/bin/python3
"""The private stack: PostgreSQL, Mosquitto and the service below one folder, on free ports, TLS on.

    stack.py up DIR              start it, write DIR/env, leave it running
    stack.py down DIR            end it and remove it, with DIR/devices; nothing happens if there is none
    stack.py postgres-up DIR     the cluster alone, for the registry's tests (DIR/env: LATCHKEY_TEST_DB_URL)
    stack.py postgres-down DIR

`./dev up`, `./dev demo` and the integration tests use it. As root everything runs by an unprivileged account."""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from account import ACCOUNT, as_account, give, may
from daemon import Daemon, StackError, clean_environment
from gate_broker import GateBroker
from mosquitto import Broker
from ports import free_port
from postgres import SUPERUSER, Cluster, psql, url

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = REPOSITORY / "build" / "dev" / "latchkey"

# In the order in which they end: nobody loses what it stands on.
PARTS = ("service", "mosquitto", "postgres-server")

Settings = dict[str, dict[str, Any]]

# `owner` applies migrations, which make the roles that rights hang on; the other logins get theirs afterwards.
LOGINS = """
CREATE ROLE owner LOGIN CREATEROLE PASSWORD '{owner}';
CREATE ROLE latchkey LOGIN PASSWORD '{latchkey}';
CREATE ROLE operator LOGIN PASSWORD '{operator}';
CREATE DATABASE latchkey OWNER owner {database};
-- From 16 on, who creates a role may not act as it without saying so.
SELECT current_setting('server_version_num')::int >= 160000 AS newer \\gset
\\if :newer
ALTER ROLE owner SET createrole_self_grant = 'set, inherit';
\\endif
"""
MEMBERSHIPS = """
GRANT latchkey_owner TO owner;
GRANT latchkey_service TO latchkey;
GRANT latchkey_ops TO operator;
-- The previous version, from which a test upgrades, has no such role.
SELECT 'GRANT latchkey_admin TO operator' WHERE EXISTS (SELECT FROM pg_roles WHERE rolname = 'latchkey_admin') \\gexec
"""


class Home:
    """The folder `stack` in DIR, the account's own. Where the account cannot get at DIR (a checkout in somebody's
    home), it is a link to a folder of the system's temporary one."""

    def __init__(self, directory: Path) -> None:
        self.link = directory / "stack"

    @property
    def path(self) -> Path:
        return self.link.resolve()

    def create(self) -> None:
        self.link.parent.mkdir(parents=True, exist_ok=True)
        self.link.mkdir(mode=0o700)
        give(self.link)
        if may("-w", self.link):
            return
        self.link.rmdir()
        elsewhere = Path(tempfile.mkdtemp(prefix="latchkey-"))
        give(elsewhere)
        self.link.symlink_to(elsewhere)
        if not may("-w", elsewhere):
            raise StackError(f"the account {ACCOUNT} can write neither below {self.link.parent} nor to {elsewhere}")

    def remove(self) -> None:
        if self.link.is_dir():
            shutil.rmtree(self.path)
        if self.link.is_symlink():
            self.link.unlink()

    def keep_secret(self, name: str, value: str) -> Path:
        """A file with one secret, for its owner alone."""
        path = self.path / name
        path.touch(0o600)
        path.write_text(value + "\n")
        give(path)
        return path


class Stack:
    """All three parts. `bound`: they end with this process, whatever becomes of it."""

    make_broker: Callable[..., Broker] = Broker
    make_cluster: Callable[..., Cluster] = Cluster

    def __init__(self, directory: Path, binary: Path = BINARY, bound: bool = True,
                 settings: Settings | None = None) -> None:
        self.directory = directory.absolute()
        self.home = Home(self.directory)
        self.binary = binary.absolute()
        self.device_binary = self.binary.with_name("latchkey-device")
        self.bound = bound
        self.settings = settings or {}
        self.retain = False  # the broker's: set it before start
        self.database = ""  # how its database is made: likewise
        self.passwords = {name: secrets.token_urlsafe(24) for name in (SUPERUSER, "owner", "latchkey", "operator")}
        self.http_port = free_port()
        self.program: Path
        self.cluster: Cluster
        self.broker: Broker
        self.postgres: Daemon
        self.mosquitto: Daemon
        self.service: Daemon
        self.parts: dict[str, Daemon] = {}

    # --- the parts

    def start(self) -> None:
        """All of it, ready to serve when it returns; or nothing, with a StackError."""
        if not os.access(self.binary, os.X_OK):
            raise StackError(f"{self.binary} does not exist: run ./dev build")
        with self._whole_or_not():
            self._start_parts()

    def start_postgres(self) -> None:
        """The cluster alone, with the database and the logins but without a schema."""
        with self._whole_or_not():
            with self.cluster.create() as making:
                self.cluster.created(making)
            self.postgres.start()
            self._make_logins()

    @contextmanager
    def _whole_or_not(self) -> Iterator[None]:
        """Makes the folder; whatever goes wrong after that, nothing is left of it all."""
        if self.home.link.exists():
            raise StackError(f"{self.directory} already has a stack")
        self.home.create()
        try:
            self.cluster = self.make_cluster(self.folder, free_port(), self.passwords[SUPERUSER], self.bound)
            self.postgres = self._own(self.cluster.daemon)
            yield
        except BaseException:
            self.stop()
            raise

    def _start_parts(self) -> None:
        self.program = self._reachable_program()
        self.broker = self.make_broker(self.folder, free_port(), free_port(), self.bound, self.retain)
        self.mosquitto = self._own(self.broker.daemon)
        self.service = self._own(self.replica("service"))
        with self.cluster.create() as making:
            self.as_owner("ca", "init", "--dir", str(self.pki), "--host", "localhost", "--host", "127.0.0.1", "--host", "::1")
            self.broker.configure(self.pki)
            self.mosquitto.spawn()
            self.cluster.created(making)
        self.postgres.start()
        self._prepare_database()
        self.write_configuration()
        self.mosquitto.await_ready()
        self.service.start()
        write_env(self.directory / "env", self.environment)

    def stop(self) -> None:
        """Ends whatever runs of it and removes it all."""
        if self.home.link.is_dir():
            for name in PARTS:
                # One that another process started is known by its pid file alone.
                self.parts.get(name, Daemon(name, [], self.folder)).stop()
            (self.directory / "env").unlink(missing_ok=True)
        self.home.remove()

    def replica(self, name: str) -> Daemon:
        """A service on this stack's configuration, not yet started; whoever asks for another one ends it."""
        own = {} if name == "service" else {"LATCHKEY_HTTP_LISTEN": f"127.0.0.1:{free_port()}"}
        return Daemon(name, [str(self.program), "serve", "--config", str(self.configuration)], self.folder,
                      ends_with_parent=self.bound, environment=own)

    def _own(self, daemon: Daemon) -> Daemon:
        self.parts[daemon.name] = daemon
        return daemon

    # --- where things are

    @property
    def folder(self) -> Path:
        return self.home.path

    @property
    def pki(self) -> Path:
        return self.folder / "pki"

    @property
    def configuration(self) -> Path:
        return self.folder / "latchkey.toml"

    @property
    def environment(self) -> dict[str, str]:
        """What DIR/env says: all that an operator and a device need."""
        return {
            "LATCHKEY_DB_URL": self._url_of("operator"),
            "LATCHKEY_OWNER_DB_URL": self._url_of("owner"),
            "LATCHKEY_BOOTSTRAP_URL": f"mqtts://localhost:{self.broker.bootstrap_port}",
            "LATCHKEY_BOOTSTRAP_USER": "@bootstrap",
            "LATCHKEY_BOOTSTRAP_PASSWORD_FILE": str(self.broker.password_file("bootstrap")),
            "LATCHKEY_PLATFORM_USER": "@platform",
            "LATCHKEY_PLATFORM_PASSWORD_FILE": str(self.broker.password_file("platform")),
            "LATCHKEY_DEVICE_URL": f"mqtts://localhost:{self.broker.device_port}",
            "LATCHKEY_SERVER_CA_FILE": str(self.pki / "server-ca.pem"),
            "LATCHKEY_DEVICE_CA_FILE": str(self.pki / "device-ca.pem"),
            "LATCHKEY_CONFIG": str(self.configuration),
            "LATCHKEY_BIN": str(self.binary),
            "LATCHKEY_DEVICE_BIN": str(self.device_binary),
        }

    def _url_of(self, login: str) -> str:
        """The database for one login. Its password is in a file: psql gets the address on its command line."""
        return f"{url(login, self.cluster.port)}?passfile={self.folder / f'{login}.passfile'}"

    # --- making it

    def _reachable_program(self) -> Path:
        """The program, or a copy of it where the account cannot get at it."""
        if may("-x", self.binary):
            return self.binary
        program = self.folder / self.binary.name
        shutil.copy(self.binary, program)
        program.chmod(0o755)
        return program

    def _make_logins(self) -> None:
        self.cluster.sql(LOGINS.format(database=self.database, **self.passwords), "postgres")
        for login in ("operator", "owner"):
            self.home.keep_secret(f"{login}.passfile", f"*:*:*:{login}:{self.passwords[login]}")

    def _prepare_database(self) -> None:
        self._make_logins()
        self.latchkey("db", "migrate")
        self.cluster.sql(MEMBERSHIPS)

    def write_configuration(self) -> Path:
        """The service's configuration: what the stack needs, and `settings` over it."""
        file = self.folder / "latchkey.toml"
        self.home.keep_secret(file.name, render_toml(self.service_settings()))
        return file

    def service_settings(self) -> Settings:
        password = self.home.keep_secret("database.password", self.passwords["latchkey"])
        settings: Settings = {
            "database": {"url": url("latchkey", self.cluster.port), "password_file": str(password)},
            "mqtt": {"url": f"mqtts://localhost:{self.broker.bootstrap_port}", "username": "@service",
                     "password_file": str(self.broker.password_file("service")),
                     "ca_file": str(self.pki / "server-ca.pem")},
            "pki": {"device_ca_file": str(self.pki / "device-ca.pem"),
                    "device_ca_key_file": str(self.pki / "device-ca-key.pem"),
                    "signing_certificate_file": str(self.pki / "signing.pem"),
                    "signing_key_file": str(self.pki / "signing-key.pem")},
            "secrets": {"master_key_file": str(self.pki / "master.key")},
            "connection": {"host": "localhost", "port": self.broker.device_port,
                           "password_port": self.broker.bootstrap_port, "tls": True},
            "broker_access": {"mode": self.broker.mode, "username": "@admin",
                              "password_file": str(self.broker.password_file("admin"))},
            "log": {"level": "info"},
            "http": {"listen": f"127.0.0.1:{self.http_port}"},
        }
        for section, values in self.settings.items():
            settings.setdefault(section, {}).update(values)
        return settings

    # --- using it

    def as_owner(self, *arguments: str) -> str:
        """Runs `latchkey` as the account that the files of the stack belong to."""
        return run(as_account([str(self.program), *arguments]), {"HOME": str(self.folder)}, self.folder)

    def latchkey(self, *arguments: str) -> str:
        """Runs `latchkey` as a person would who has read DIR/env; what it printed, or a StackError."""
        return run([str(self.binary), *arguments], self.environment)

    def set_fleet_rights(self) -> None:
        """What every device may publish and receive; the account @platform has the other end (deploy/mosquitto)."""
        self.sql("SELECT registry.set_fleet_rights('{\"publish\": [\"plant/${device_id}/telemetry/#\"], "
                 "\"subscribe\": [\"plant/${device_id}/commands/#\"]}', 'the rights of a first installation')")

    def sql(self, script: str) -> str:
        """Runs psql by the operator's login: all that is ever shown of the registry is what an operator sees."""
        return psql(script, {"PGHOST": "127.0.0.1", "PGPORT": str(self.cluster.port), "PGDATABASE": "latchkey",
                             "PGUSER": "operator", "PGPASSWORD": self.passwords["operator"]})


class GateStack(Stack):
    """With the gate in its broker."""

    broker_kind = GateBroker

    def make_broker(self, *arguments: Any) -> GateBroker:
        broker = self.broker_kind(*arguments)
        broker.plugins = self.binary.parent
        return broker


def run(argv: list[str], environment: dict[str, str], cwd: Path | None = None) -> str:
    result = subprocess.run(argv, capture_output=True, text=True, env=clean_environment(environment), cwd=cwd)
    if result.returncode != 0:
        raise StackError(f"`{' '.join(argv)}` ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result.stdout


def render_toml(settings: Settings) -> str:
    lines = []
    for section, values in settings.items():
        lines.append(f"[{section}]")
        lines += [f"{name} = {toml_value(value)}" for name, value in values.items()]
    return "\n".join(lines)


def toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else '"' + str(value) + '"'


def write_env(file: Path, values: dict[str, str]) -> None:
    """KEY=value lines that a shell can source; logins are in it, so it is its owner's alone."""
    file.touch(0o600)
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))


# --- the command

HINT = """\
Running: PostgreSQL on 127.0.0.1:{database}, Mosquitto with the gate on ports {bootstrap} (bootstrap) and {device} (devices), the service.
Fleet page: http://127.0.0.1:{http}/
Commands to try:
  set -a; . {env}; set +a; mkdir -p {devices}
  "$LATCHKEY_BIN" enroll device 12345 --generate-key {devices}/12345.key --device-config '{{"report_interval_s": 5}}'
  "$LATCHKEY_DEVICE_BIN" provision 12345 --key-file {devices}/12345.key --dir {devices}/12345
  psql "$LATCHKEY_DB_URL" -c 'SELECT device_id, state, online, registered_at FROM registry.devices'
Each device may publish on plant/ID/telemetry/# and receive on plant/ID/commands/#; @platform has the other end of both.
`./dev down` stops and removes the stack."""


def up(directory: Path, binary: Path) -> None:
    stack = GateStack(directory, binary, bound=False)
    if Daemon("service", [], stack.folder).pid is not None:
        print(f"the stack is already running: see {directory / 'env'} for its addresses; `./dev down` stops it")
        return
    stack.stop()  # what a crash may have left behind
    stack.start()
    stack.set_fleet_rights()
    print(HINT.format(database=stack.cluster.port, bootstrap=stack.broker.bootstrap_port,
                      device=stack.broker.device_port, http=stack.http_port, env=directory / "env",
                      devices=directory / "devices"))


def down(directory: Path) -> None:
    Stack(directory).stop()
    # Keys and folders of devices that the documentation puts there: no other registry knows these devices.
    shutil.rmtree(directory / "devices", ignore_errors=True)


def postgres_up(directory: Path) -> None:
    stack = Stack(directory, bound=False)
    stack.stop()
    stack.start_postgres()
    write_env(directory / "env",
              {"LATCHKEY_TEST_DB_URL": url(SUPERUSER, stack.cluster.port, password=stack.passwords[SUPERUSER])})


T = TypeVar("T")


def within(limit_s: float, what: str, look: Callable[[], T]) -> T:
    """What `look` finds once it finds something. The registry tells nobody of a change on this path, so it is asked
    again and again until the deadline; a part that has an event of its own to wait for is never waited for like this."""
    deadline = time.monotonic() + limit_s
    while not (found := look()):
        if time.monotonic() > deadline:
            raise StackError(f"not within {limit_s:g} s: {what}")
        time.sleep(0.02)
    return found


def end_orderly() -> None:
    """SIGTERM unwinds this process as Ctrl-C does, so that what it started ends first."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def main() -> int:
    end_orderly()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["up", "down", "postgres-up", "postgres-down"])
    parser.add_argument("dir", type=Path)
    parser.add_argument("--bin", type=Path, default=BINARY, help="the latchkey program (default: %(default)s)")
    arguments = parser.parse_args()
    directory = arguments.dir.absolute()
    try:
        if arguments.verb == "up":
            up(directory, arguments.bin)
        elif arguments.verb == "postgres-up":
            postgres_up(directory)
        else:
            down(directory)
    except StackError as error:
        print(f"stack: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
