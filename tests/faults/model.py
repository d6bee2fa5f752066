#!/usr/bin/python3
"""Random traces of what happens to a device, run against the reference model and against a registry (tests/model).

The registry's cluster does not sync: nothing here is about crashes. A difference ends with 1, the seed of its trace and the
smallest trace that shows it; with that seed it comes first again."""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from daemon import StackError  # noqa: E402
from postgres import SUPERUSER, url  # noqa: E402
from stack import BINARY, Stack, end_orderly, write_env  # noqa: E402

PROGRAM = BINARY.parent / "tests" / "model" / "latchkey_model_tests"


def main() -> int:
    end_orderly()
    parser = argparse.ArgumentParser(prog="./dev faults model", description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=10000, help="how many at least (default: %(default)d)")
    parser.add_argument("--seed", type=int, default=secrets.randbits(31), help="of the first trace (default: a random one)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="latchkey-model-") as folder:
        Path(folder).chmod(0o711)  # the stack's account has to get through
        stack = Stack(Path(folder) / "stack")
        try:
            stack.start_postgres()
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                stack.cluster.sql(f"ALTER SYSTEM SET {setting} = off")
            stack.cluster.sql("SELECT pg_reload_conf()")
            env = Path(folder) / "env"
            write_env(env, {"LATCHKEY_TEST_DB_URL": url(SUPERUSER, stack.cluster.port, password=stack.passwords[SUPERUSER])})
            return subprocess.call([str(PROGRAM)], env=os.environ | {
                "LATCHKEY_TEST_ENV": str(env), "LATCHKEY_MODEL_STEPS": str(arguments.steps),
                "LATCHKEY_MODEL_SEED": str(arguments.seed)})
        except StackError as error:
            print(f"model: {error}", file=sys.stderr)
            return 1
        finally:
            stack.stop()


if __name__ == "__main__":
    sys.exit(main())
