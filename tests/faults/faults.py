#!/usr/bin/python3
"""Lets a fleet live while its world fails, then checks devices, registry and broker against one another.

    faults.py [CAMPAIGN...] [--minutes N] [--seed S]
    faults.py --brief

Without a name: all campaigns in turn. The seed decides which fault comes when; what the machine makes of it differs from run
to run. --brief is for CI: the commit decides which campaigns, and is the seed. A run with a violation ends with 1 and keeps its
logs."""

from __future__ import annotations

import argparse
import os
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import check  # noqa: E402
from campaign import Campaign, Run  # noqa: E402
from campaigns import CAMPAIGNS  # noqa: E402
from daemon import StackError  # noqa: E402
from stack import BINARY, end_orderly  # noqa: E402
from world import World, fail_points  # noqa: E402

SETTLE_S = 120
BRIEF_CAMPAIGNS, BRIEF_MINUTES = 3, 0.2


def tried(campaign: Campaign, world: World, seed: int, minutes: float) -> list[str]:
    """The violations."""
    world.start()
    world.remember_footprints()
    run = Run(world, random.Random(seed), time.monotonic() + 60 * minutes)
    campaign.run(run)
    world.fleet.settle.set()
    deadline = time.monotonic() + SETTLE_S
    for life in world.fleet.lives:
        life.join(max(0.0, deadline - time.monotonic()))
    try:
        world.await_ready()
    except StackError as error:
        run.problems.append(f"G5 {error}")
    crashes = sum(sum(life.crashes.values()) for life in world.fleet.programs)
    print(f"  faults: {dict(sorted(run.faults.items()))}", flush=True)
    if run.notes:
        print(f"  {'; '.join(run.notes)}")
    found = [*run.problems, *check.violations(world)]
    print(f"  {sum(run.faults.values())} faults, {crashes} crashes of devices at fail-points, {world.fleet.rounds} lives of "
          f"{len(world.fleet.lives)} devices, {world.operator.acts} acts of the operator, {len(found)} violations", flush=True)
    return found


def hold(campaign: Campaign, seed: int, minutes: float, binary: Path) -> bool:
    """One campaign; whether all held."""
    print(f"{campaign.name}: {campaign.about} (seed {seed}, {minutes:g} min)", flush=True)
    folder = Path(tempfile.mkdtemp(prefix=f"latchkey-faults-{campaign.name}-"))
    folder.chmod(0o711)  # the stack's account has to get through
    world = World(folder, binary, seed, campaign.stack, fail_points("device") if campaign.device_points else [])
    found: list[str] = []
    try:
        found = tried(campaign, world, seed, minutes)
        return not found
    except Exception as error:  # a fault of this program as well: the logs say more
        found = ["".join(traceback.format_exception(error))]
        return False
    finally:
        for violation in found:
            print(f"  {violation}")
        if found:
            kept = folder.with_name(folder.name + "-logs")
            kept.mkdir()
            for log in [*folder.glob("stack/*.log"), *folder.glob("*.stderr")]:
                shutil.copy(log, kept)
            print(f"  logs: {kept}", flush=True)
        world.stop()
        shutil.rmtree(folder, ignore_errors=True)


def commit() -> int:
    """A seed; 0 where there is no repository."""
    result = subprocess.run(["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"], capture_output=True, text=True)
    return int(result.stdout[:7], 16) if result.returncode == 0 else 0


def main() -> int:
    end_orderly()
    names = [campaign.name for campaign in CAMPAIGNS]
    parser = argparse.ArgumentParser(
        prog="./dev faults", formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__.split("\n")[0],
        epilog="campaigns:\n" + "".join(f"  {each.name:10}{each.about}\n" for each in CAMPAIGNS))
    parser.add_argument("campaigns", nargs="*", metavar="CAMPAIGN", help="default: all, one after the other")
    parser.add_argument("--brief", action="store_true",
                        help=f"{BRIEF_CAMPAIGNS} campaigns, {60 * BRIEF_MINUTES:g} s each, by a seed from the commit")
    parser.add_argument("--minutes", type=float, default=2, help="of faults, for each campaign (default: %(default)g)")
    parser.add_argument("--seed", type=int, default=secrets.randbits(31), help="decides what fails when (default: a random one)")
    arguments = parser.parse_args()
    for name in arguments.campaigns:
        if name not in names:
            parser.error(f"there is no campaign {name}: use {', '.join(names)}")
    chosen = [each for each in CAMPAIGNS if not arguments.campaigns or each.name in arguments.campaigns]
    if arguments.brief:
        arguments.seed, arguments.minutes = commit(), BRIEF_MINUTES
        chosen = random.Random(arguments.seed).sample([each for each in chosen if each.is_brief], BRIEF_CAMPAIGNS)
    binary = Path(os.environ.get("LATCHKEY_BIN", BINARY))
    held = [hold(campaign, arguments.seed, arguments.minutes, binary) for campaign in chosen]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
