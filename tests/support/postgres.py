"""A private PostgreSQL cluster: made by initdb, TCP on the loopback only, every login with a password."""

from __future__ import annotations

import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from account import as_account, give
from daemon import Daemon, StackError, clean_environment

SUPERUSER = "postgres"

# Durability stays on (fsync, synchronous_commit): what the tests promise about a crash has to be true here as well.
SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 60
shared_buffers = 64MB
timezone = 'UTC'
log_timezone = 'UTC'
"""


def binaries() -> Path:
    """The folder of the newest server that is installed."""
    found = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "postgres").exists()]
    if not found:
        raise StackError("PostgreSQL's server is not installed: run ./dev install")
    return max(found, key=lambda path: int(re.sub(r"\D", "", path.parent.name) or 0))


def url(user: str, port: int, database: str = "latchkey", password: str = "") -> str:
    secret = f":{password}" if password else ""
    return f"postgresql://{user}{secret}@127.0.0.1:{port}/{database}"


@dataclass
class Cluster:
    """The cluster in `folder`/postgres on `port`."""

    folder: Path
    port: int
    superuser_password: str
    ends_with_parent: bool

    def __post_init__(self) -> None:
        self.data = self.folder / "postgres"
        self.daemon = Daemon("postgres-server", [str(binaries() / "postgres"), "-D", str(self.data)], self.folder,
                             stop_signal=signal.SIGINT,  # the fast shutdown: does not wait for clients
                             ends_with_parent=self.ends_with_parent)

    def create(self) -> subprocess.Popen[str]:
        """Begins to make the cluster; `created` finishes that."""
        password_file = self.folder / "superuser.password"
        password_file.write_text(self.superuser_password + "\n")
        password_file.chmod(0o600)
        give(password_file)
        # --no-sync concerns the files of this moment only, which a crash of the machine may take: one makes them anew.
        argv = [str(binaries() / "initdb"), "--pgdata", str(self.data), "--username", SUPERUSER, "--pwfile",
                str(password_file), "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
        return subprocess.Popen(as_account(argv), cwd=self.folder, env=clean_environment(), text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def created(self, process: subprocess.Popen[str]) -> None:
        output, _ = process.communicate()
        if process.returncode != 0:
            raise StackError(f"initdb failed:\n{output}")
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS.format(port=self.port))

    def sql(self, script: str, database: str = "latchkey", user: str = SUPERUSER, password: str = "") -> str:
        """What psql prints for `script`, one row a line, columns divided by tabs."""
        return psql(script, {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGDATABASE": database, "PGUSER": user,
                             "PGPASSWORD": password or self.superuser_password})


def psql(script: str, connection: dict[str, str]) -> str:
    """Runs `script`; the password travels by environment, since a command line is everybody's to read."""
    result = subprocess.run(
        ["psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--field-separator=\t", "--set=ON_ERROR_STOP=1"],
        input=script, capture_output=True, text=True, env=clean_environment(connection))
    if result.returncode != 0:
        raise StackError(f"psql: {result.stderr.strip()}")
    return result.stdout
