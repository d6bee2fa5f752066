"""What the tests of `./dev bench` share: a stack of its own for each case."""

from __future__ import annotations

import os
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "bench")]

from measuring import Bench, Sizes  # noqa: E402
from plain_stack import PlainStack  # noqa: E402
from stack import BINARY  # noqa: E402


class BenchTest(unittest.TestCase):
    def bench(self, sizes: Sizes) -> Bench:
        binary = Path(os.environ.get("LATCHKEY_BIN", BINARY))
        folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="latchkey-test-")))
        folder.chmod(0o755)
        stack = PlainStack(folder / "stack", binary)
        self.addCleanup(stack.stop)
        stack.start()
        return Bench(stack, folder, binary.parent, sizes)
