"""Who runs the private stack: oneself, or as root an account without rights (PostgreSQL refuses to run as root)."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

# Debian's PostgreSQL package makes it; it owns nothing outside PostgreSQL's own folders.
ACCOUNT = "postgres"


def is_root() -> bool:
    return os.geteuid() == 0


def as_account(argv: list[str], end_with_parent: str | None = None) -> list[str]:
    """`argv` run by the account; `end_with_parent` names the signal it gets when this process dies."""
    options: list[str] = []
    if is_root():
        options += ["--reuid", ACCOUNT, "--regid", ACCOUNT, "--init-groups"]
    if end_with_parent:
        options += ["--pdeathsig", end_with_parent]
    return ["setpriv", *options, "--", *argv] if options else argv


def give(path: Path) -> None:
    """Makes the account the owner of one file or folder."""
    if is_root():
        entry = pwd.getpwnam(ACCOUNT)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def may(access: str, path: Path) -> bool:
    """Whether the account has `access` (an option of test(1), such as -x) to `path`, every folder above it included."""
    return subprocess.run(as_account(["/usr/bin/test", access, str(path)]), cwd="/").returncode == 0
