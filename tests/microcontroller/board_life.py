"""The page's device on a Cortex-M4: its whole life against the service, the broker with TLS and the database. QEMU is the board."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from stack_case import StackTest  # noqa: E402

from board import Board, Flash  # noqa: E402
from firmware import build  # noqa: E402
from stack import Stack  # noqa: E402

LIMIT_S = 60.0  # the processor is emulated: each signature takes a tenth of a second and more


class BoardLife(StackTest):
    make_stack = Stack
    program: Path

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.program = build(cls.folder)

    def setUp(self) -> None:
        """The factory makes the board, and the operator enrols it."""
        home = self.folder / f"device-{self.name}"
        home.mkdir()
        self.flash = Flash(home / "flash")
        key, file = self.write_key(self.name)
        self.enroll("device", self.name, "--proof", "symmetric_key", "--key-file", str(file), "--device-config", '{"interval_s":5}')
        self.flash.make(self.name, key, self.stack.environment)

    def powered(self) -> Board:
        board = Board(self.program, self.name, self.flash.path.parent, self.stack.environment)
        self.addCleanup(board.kill)
        return board

    def assert_ready(self, board: Board, generation: int, interval_s: int) -> None:
        self.assertEqual(board.expect("ready", LIMIT_S)["config"], {"interval_s": interval_s})
        row = self.row(self.name)
        self.assertEqual((row["state"], row["generation"], row["online"]), ("ready", generation, True))

    def test_a_whole_life(self) -> None:
        board = self.powered()
        board.expect("answer", LIMIT_S, status="challenge")  # it has no clock
        self.assert_ready(board, 1, 5)
        self.assertEqual(self.row(self.name)["attributes"], {"model": "MPS2"})
        self.stack.sql(f"""SELECT registry.set_device_config('{self.name}', '{{"interval_s":6}}', 'a test')""")
        self.assert_ready(board, 1, 6)

        board.kill()
        self.await_row(self.name, online=False)  # its will
        self.flash.make_due()
        board = self.powered()
        board.expect("renewing", LIMIT_S, generation=1)
        board.expect("connected", LIMIT_S, generation=2)
        self.assert_ready(board, 2, 6)
        self.assertEqual([each["status"] for each in self.certificates(self.name)], ["retired", "active"])

        self.stack.sql(f"SELECT registry.revoke('{self.name}', 'stolen')")
        board.expect("lost", LIMIT_S)
        self.await_row(self.name, state="revoked", online=False)
        board.kill()
        board = self.powered()
        board.expect("answer", LIMIT_S, status="rejected")
        self.assertEqual(self.row(self.name)["state"], "revoked")

    def test_power_cuts(self) -> None:
        """While it waits for the first answer, and as it takes the one that accepts it: it goes on with its first request."""
        board = self.powered()
        request_id = board.expect("request_sent", LIMIT_S)["request_id"]
        board.kill()
        board = self.powered()
        self.assertEqual(board.expect("request_sent", LIMIT_S)["request_id"], request_id)
        board.expect("answer", LIMIT_S, status="accepted")
        board.kill()
        board = self.powered()
        self.assert_ready(board, 1, 5)
        board.kill()
        # It has what it needs, and asks for nothing.
        self.assert_ready(self.powered(), 1, 5)
        self.assertEqual([each["status"] for each in self.certificates(self.name)], ["active"])
