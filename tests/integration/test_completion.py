"""`latchkey completion` and `latchkey manual` name every command and flag of `--help`, and nothing else."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
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


def positional_words(*words: str) -> set[str]:
    return {"bash", "zsh", "fish"} if words == ("completion",) else set()


# What the shells do when it is ready and when Ctrl-X Ctrl-Y is pressed: tell the line that was typed.
BASH = """
HISTFILE= PS1='$ '; source <(latchkey completion bash)
tell() { printf '%s\\n' "$1" > "$TOLD"; }
bind -x '"\\C-x\\C-y": tell "$READLINE_LINE"'
PROMPT_COMMAND='PROMPT_COMMAND=; tell ready'
"""
ZSH = """
fpath=($ZDOTDIR $fpath); autoload -Uz compinit; compinit -D -u
%s
tell() { print -r -- "$BUFFER" > $TOLD }; zle -N tell; bindkey '^X^Y' tell
zle-line-init() { zle -D zle-line-init; print ready > $TOLD }; zle -N zle-line-init
"""


class Terminal:
    """A shell as somebody sits in front of it: keys go to its terminal."""

    def __init__(self, folder: Path, *argv: str) -> None:
        os.mkfifo(folder / "told")
        self.told = os.open(folder / "told", os.O_RDWR)
        self.master, slave = pty.openpty()
        environment = {"PATH": f"{Path(LATCHKEY).parent}:{os.environ['PATH']}", "TERM": "dumb", "TOLD": str(folder / "told"),
                       "ZDOTDIR": str(folder), "HOME": str(folder), "LC_ALL": "C.UTF-8"}
        self.process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=folder, start_new_session=True)
        os.close(slave)
        self.screen = b""
        assert self.listen() == "ready"

    def listen(self) -> str:
        while True:
            readable, _, _ = select.select([self.told, self.master], [], [], 20)
            assert readable, f"the shell tells nothing; it shows {self.screen!r}"
            if self.told in readable:
                return os.read(self.told, 65536).decode().rstrip("\n")
            self.screen += os.read(self.master, 65536)

    def completed(self, line: str) -> str:
        """The line after somebody typed it and pressed the tabulator; he erases it then."""
        os.write(self.master, line.encode() + b"\t\x18\x19")
        whole = self.listen()
        os.write(self.master, b"\x05\x15")
        return whole

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.told)


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
            expected = {*subcommands(output(*words, "--help")), *flags(*words), *positional_words(*words)}
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

    # A command, a flag, a flag's word in both ways of writing, a file, and an argument's word.
    LINES = {"latchkey dev": "latchkey device ", "latchkey device susp": "latchkey device suspend ",
             "latchkey device list --form": "latchkey device list --format ",
             "latchkey device list --format js": "latchkey device list --format json ",
             "latchkey device list --format=js": "latchkey device list --format=json ",
             "latchkey device list --limit 3 --onl": "latchkey device list --limit 3 --online ",
             "latchkey device suspend --ids-from failed-": "latchkey device suspend --ids-from failed-devices ",
             "latchkey completion z": "latchkey completion zsh "}

    def folder(self) -> Path:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "failed-devices").touch()
        return folder

    def check_lines(self, folder: Path, *argv: str) -> None:
        terminal = Terminal(folder, *argv)
        self.addCleanup(terminal.close)
        for line, whole in self.LINES.items():
            self.assertEqual(terminal.completed(line).rstrip(), whole.rstrip(), terminal.screen)

    def test_bash_completes_what_somebody_types(self) -> None:
        folder = self.folder()
        (folder / "rc").write_text(BASH)
        self.check_lines(folder, "bash", "--noprofile", "--rcfile", str(folder / "rc"), "-i")

    def test_zsh_completes_what_somebody_types(self) -> None:
        for name, load in (("installed", ""), ("loaded", "source <(latchkey completion zsh)")):
            with self.subTest(name):
                folder = self.folder()
                (folder / ".zshrc").write_text(ZSH % load)
                if not load:
                    (folder / "_latchkey").write_text(output("completion", "zsh"))
                self.check_lines(folder, "zsh", "-d", "-i")

    def fish(self, line: str, folder: Path) -> dict[str, str]:
        """What fish offers for a line, with what it says of each."""
        script = folder / "latchkey.fish"
        script.write_text(output("completion", "fish"))
        result = subprocess.run(["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"], cwd=folder,
                                env={**os.environ, "HOME": str(folder)}, capture_output=True, text=True, timeout=30)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return {word: about for word, _, about in (each.partition("\t") for each in result.stdout.splitlines())}

    def test_fish_completes_what_somebody_types(self) -> None:
        folder = self.folder()
        for line, whole in self.LINES.items():
            self.assertEqual(list(self.fish(line, folder)), [whole.split()[-1]], line)
        offered = self.fish("latchkey ", folder)
        self.assertEqual(offered["configuration"], "Show and set the configuration of devices; config is for the service's own")
        self.assertEqual(self.fish("latchkey device list --group ", folder), {})

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
