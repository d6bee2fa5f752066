"""The catalogue of reasons: what its advice says of commands is true of this program."""

from __future__ import annotations

import re

from stack_case import StackTest

# A command, as far as it is one: words of lower case after the name.
COMMAND = re.compile(r"latchkey((?: [a-z][a-z-]*)+)")
FLAG = re.compile(r"--[a-z-]+")


class Advice(StackTest):
    def test_every_command_in_it_is_one_and_has_the_flags(self) -> None:
        rows = self.query("SELECT id, advice FROM registry.reasons ORDER BY id")
        self.assertGreater(len(rows), 50)
        commands = 0
        for row in rows:
            for sentence in re.split(r"[.;] ", row["advice"]):
                for found in COMMAND.finditer(sentence):
                    with self.subTest(row["id"], command=found[0]):
                        help_text = self.help_of(found[1].split())
                        # The flags are those of the last command before them.
                        flags = FLAG.findall(sentence[found.end():].partition("latchkey ")[0])
                        self.assertEqual([flag for flag in flags if flag not in help_text], [])
                        commands += 1
        self.assertGreater(commands, 30)

    def help_of(self, words: list[str]) -> str:
        """Of the longest command that the words begin with, which has to do something by itself."""
        for length in range(len(words), 0, -1):
            result = self.run_latchkey(*words[:length], "--help")
            if result.returncode == 0:
                self.assertNotIn("subcommands:", result.stdout.lower(), f"{words}: half a command")
                return result.stdout
        raise AssertionError(f"latchkey {' '.join(words)} is no command")
