#!/usr/bin/python3
"""The inputs in the tree that fuzzing starts from: corpus/TARGET.txt has one in each line, in base64. The unit tests feed them too.

    corpus.py unpack TARGET FOLDER    writes each to a file of the folder, for libFuzzer
    corpus.py keep                    writes corpus/ anew from what ./dev fuzz has found in build/fuzz/corpus

`keep` takes the inputs that together reach what all of them reach (libFuzzer's set cover), and of these the shortest."""

from __future__ import annotations

import argparse
import base64
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
BUILD = HERE.parents[1] / "build" / "fuzz"
MOST_INPUTS, MOST_BYTES = 40, 1024  # of a target; an input


def unpack(target: str, folder: Path) -> None:
    file = CORPUS / f"{target}.txt"
    if not file.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    for number, line in enumerate(file.read_text().splitlines()):
        (folder / f"kept-{number}").write_bytes(base64.b64decode(line))


def cover(target: str, found: Path) -> list[bytes]:
    """The inputs that reach as much as all of them."""
    with tempfile.TemporaryDirectory(prefix="latchkey-fuzz-") as folder:
        argv = [str(BUILD / "tests" / "fuzz" / "latchkey_fuzzer"), "-set_cover_merge=1", "-verbosity=0", "-timeout=10", folder, str(found)]
        subprocess.run(argv, check=True, env=os.environ | {"LATCHKEY_FUZZ_TARGET": target}, stderr=subprocess.DEVNULL)
        return [file.read_bytes() for file in Path(folder).iterdir()]


def keep() -> None:
    CORPUS.mkdir(exist_ok=True)
    for found in sorted((BUILD / "corpus").iterdir()):
        inputs = sorted((each for each in cover(found.name, found) if 0 < len(each) <= MOST_BYTES), key=lambda each: (len(each), each))
        kept = inputs[:MOST_INPUTS]
        (CORPUS / f"{found.name}.txt").write_text("".join(base64.b64encode(each).decode() + "\n" for each in kept))
        print(f"{found.name}: {len(kept)} of {len(inputs)} inputs", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    acts = parser.add_subparsers(dest="act", required=True)
    unpacking = acts.add_parser("unpack")
    unpacking.add_argument("target")
    unpacking.add_argument("folder", type=Path)
    acts.add_parser("keep")
    arguments = parser.parse_args()
    if arguments.act == "unpack":
        unpack(arguments.target, arguments.folder)
    else:
        keep()
    return 0


if __name__ == "__main__":
    sys.exit(main())
