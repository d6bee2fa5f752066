"""`latchkey completion` and `latchkey manual` name every command and flag of `--help`, and nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import unittest
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from stack import BINARY  # noqa: E402

LATCHKEY = os.environ.get("LATCHKEY_BIN", str(BINARY))


@cache
def output(*words: str) -> str:
    return subprocess.run([LATCHKEY, *words], check=True, capture_output=True, text=True, timeout=30).stdout


def subcommands(help_text: str) -> list[str]:
    section = re.search(r"^Subcommands:\n((?:  .*\n?)+)", help_text, re.MULTILINE)
    return re.findall(r"^  ([a-z-]+) ", section[1], re.MULTILINE) if section else []


def commands(*words: str) -> list[tuple[str, ...]]:
    """All commands that the help shows, without `latchkey`."""
    return [words, *(found for name in subcommands(output(*words, "--help")) for found in commands(*words, name))]


def flags(*words: str) -> set[str]:
    options = re.split(r"^Examples?:$", output(*words, "--help"), flags=re.MULTILINE)[0]
    return set(re.findall(r"^ +(?:-\w,)?(--[a-z0-9-]+)", options, re.MULTILINE))


class Completion(unittest.TestCase):
    def offered(self, *words: str) -> set[str]:
        """What bash offers behind these words."""
        script = (f"{output('completion', 'bash')}\nCOMP_WORDS=(latchkey {' '.join(words)} '')\nCOMP_CWORD={len(words) + 1}\n"
                  "_latchkey\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n")
        result = subprocess.run(["bash", "-eu"], input=script, capture_output=True, text=True, timeout=30)
        self.assertEqual(result.returncode, 0, result.stderr)
        return set(result.stdout.split())

    def test_bash_offers_all_commands_and_flags(self) -> None:
        self.assertGreater(len(commands()), 50)
        for words in commands():
            expected = {*subcommands(output(*words, "--help")), *flags(*words)}
            self.assertEqual(self.offered(*words), expected, words)

    def test_bash_offers_the_words_of_a_flag(self) -> None:
        self.assertEqual(self.offered("device", "list", "--format"), {"table", "json", "csv", "ids"})
        self.assertEqual(self.offered("device", "list", "--limit", "3", "--format"), {"table", "json", "csv", "ids"})
        self.assertEqual(self.offered("device", "list", "--group"), set())

    def test_fish_and_zsh_name_all_commands_and_flags(self) -> None:
        fish, zsh = output("completion", "fish").splitlines(), output("completion", "zsh")
        for words in commands():
            at = " ".join(("latchkey", *words))
            mine = "\n".join(line for line in fish if f"_at {at}'" in line)
            self.assertEqual(set(re.findall(r"' -l ([a-z0-9-]+)", mine)), {flag[2:] for flag in flags(*words)}, words)
            line = re.search(rf"^    '{at}'\) (.*)$", zsh, re.MULTILINE)
            assert line, words
            self.assertEqual(set(re.findall(r"'(--[a-z0-9-]+):", line[1])), flags(*words), words)

    def test_the_shells_can_read_their_scripts(self) -> None:
        for shell in ("bash", "zsh", "fish"):
            if not shutil.which(shell):
                continue
            with self.subTest(shell):
                result = subprocess.run([shell, "-n"], input=output("completion", shell), capture_output=True, text=True)
                self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_the_manual_has_all_commands_and_flags(self) -> None:
        manual = output("manual").replace("\\-", "-")
        for words in commands():
            if subcommands(output(*words, "--help")):
                continue
            section = manual.split(f"\n.SS latchkey {' '.join(words)}\n", 1)[1].split("\n.SS ")[0]
            self.assertEqual(set(re.findall(r"^\.B (--[a-z0-9-]+)", section, re.MULTILINE)), flags(*words), words)

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_the_manual_is_formatted_without_a_warning(self) -> None:
        result = subprocess.run(["groff", "-man", "-ww", "-Kutf8", "-Tutf8"], input=output("manual"), capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
