"""./dev in a tree without sources, with programs in place of apt and cmake that write down how they were called."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Nothing is installed; apt ends with APT; cmake builds in three steps, the last of which ends with CMAKE. Where there is a
# pipe `building`, a build says so there and does not end, and apt installs the servers once the pipe `go` is written to.
STAND_INS = {
    "dpkg-query": "exit 1",
    "sudo": '[ "$1" = -v ] || exec "$@"',
    "apt-get": """
echo "apt-get $*" >>calls
case "$*" in
*install*' mosquitto '*)
  if [ -p go ]; then read -r _ <go; echo finished >>calls; fi
  exit "${APT:-0}"
  ;;
esac""",
    "cmake": """
echo "cmake $*" >>calls
case "$1" in
--build)
  if [ -p building ]; then echo >building; exec tail -f /dev/null; fi
  for step in 1 2; do echo "[$step/3] Building CXX object base/CMakeFiles/latchkey_base.dir/$step.cpp.o"; done
  [ "${CMAKE:-0}" = 0 ] || echo "base/3.cpp:1: error: a tree without sources"
  exit "${CMAKE:-0}"
  ;;
--preset) touch "build/$2/build.ninja"; echo "BUILD_TESTING:BOOL=${3#*=}" >"build/$2/CMakeCache.txt" ;;
*) echo "${2#-D}" | sed s/=/:BOOL=/ >"$1/CMakeCache.txt" ;;
esac""",
    "ctest": """
echo "ctest $*" >>calls
log=${TSAN_OPTIONS#log_path=}
[ -z "${REPORT:-}" ] || echo "$REPORT" >"${log%%:*}.1"
""",
}
SCRIPTS = {"tests/support/demo.py": "print('shown')", "bench/bench.py": "print('{\"echo_per_s\": 1}')",
           "tests/support/stack.py": "", "tests/faults/faults.py": "import sys; print(sys.argv[1:])",
           "tests/faults/model.py": "import sys; print(sys.argv[1:])"}


class Dev(unittest.TestCase):
    def setUp(self) -> None:
        self.tree = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="latchkey-test-")))
        shutil.copy(ROOT / "dev", self.tree)
        shutil.copytree(ROOT / "scripts", self.tree / "scripts")
        (self.tree / "CMakePresets.json").touch()
        os.utime(self.tree / "CMakePresets.json", (0, 0))
        for name, text in STAND_INS.items():
            self.write(f"bin/{name}", f"#!/bin/sh\n{text}\n").chmod(0o755)
        for name, text in SCRIPTS.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> Path:
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def environment(self) -> dict[str, str]:
        return os.environ | {"PATH": f"{self.tree / 'bin'}:{os.environ['PATH']}"}

    def dev(self, *arguments: str, expected: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        result = subprocess.run([str(self.tree / "dev"), *arguments], capture_output=True, text=True, timeout=30,
                                env=self.environment() | variables)
        self.assertEqual(result.returncode, expected, result.stderr)
        return result

    def calls(self, beginning: str) -> list[str]:
        file = self.tree / "calls"
        return [line for line in file.read_text().splitlines() if line.startswith(beginning)] if file.exists() else []

    def installed(self) -> list[list[str]]:
        return [line.split("--no-install-recommends ", 1)[1].split() for line in self.calls("apt-get") if " install " in line]

    def test_the_tests_run_under_sanitizers_and_a_report_is_a_failure(self) -> None:
        self.dev("test", "integration", "--preset", "tsan")
        call, = self.calls("ctest")
        self.assertIn("--test-dir build/tsan ", call)
        self.assertIn("-L ^integration$", call)
        result = self.dev("test", "--preset", "tsan", expected=1, REPORT="SUMMARY: ThreadSanitizer: data race a.cpp:1 in f")
        self.assertIn("1 SUMMARY: ThreadSanitizer: data race", result.stderr)
        self.assertEqual([file.name for file in (self.tree / "build/tsan/reports").iterdir()], ["report.1"])

    def test_campaigns_of_faults_get_the_programs_that_they_need(self) -> None:
        result = self.dev("faults", "kill", "--minutes", "1")
        self.assertEqual(result.stdout.strip(), "['kill', '--minutes', '1']")
        self.assertIn(" latchkey latchkey-device latchkey_gate", self.calls("cmake --build")[0])

    def test_random_traces_get_the_program_that_they_need(self) -> None:
        result = self.dev("faults", "model", "--steps", "9")
        self.assertEqual(result.stdout.strip(), "['--steps', '9']")
        self.assertIn(" latchkey_model_tests", self.calls("cmake --build")[0])

    def test_a_preset_that_is_none_is_refused(self) -> None:
        self.assertIn("unknown preset nothing", self.dev("test", "--preset", "nothing", expected=64).stderr)

    def test_a_demo_needs_the_programs_and_the_servers_alone(self) -> None:
        self.assertEqual(self.dev("demo").stdout, "shown\n")
        compiling, serving = self.installed()
        self.assertIn("g++", compiling)
        self.assertEqual(sorted(serving), ["mosquitto", "postgresql", "python3"])
        others = {"catch2", "libbenchmark-dev", "valgrind", "prometheus", "clang-tidy-19"}
        self.assertEqual(others & {*compiling, *serving}, set())
        self.assertEqual(self.calls("cmake --preset"), ["cmake --preset dev -DBUILD_TESTING=OFF"])
        self.assertTrue(self.calls("cmake --build")[0].endswith("--target latchkey latchkey-device latchkey_gate"))

    def test_tests_are_added_to_the_folder_of_the_demo(self) -> None:
        self.dev("demo")
        self.dev("build")
        self.assertEqual(self.calls("cmake build"), ["cmake build/dev -DBUILD_TESTING=ON"])
        self.dev("demo")
        self.assertEqual(len([line for line in self.calls("cmake") if "BUILD_TESTING" in line]), 2)

    def test_notes_leave_standard_output_to_what_was_asked_for(self) -> None:
        result = self.dev("bench", "--json")
        self.assertEqual(json.loads(result.stdout), {"echo_per_s": 1})
        self.assertIn("building build/release", result.stderr)

    def test_a_build_that_fails_shows_why_and_nothing_is_run(self) -> None:
        result = self.dev("demo", expected=1, CMAKE="1")
        self.assertIn("base/3.cpp:1: error", result.stderr)
        self.assertNotIn("[1/3]", result.stderr)
        self.assertEqual(result.stdout, "")

    def test_servers_that_cannot_be_installed_are_reported_after_the_build(self) -> None:
        result = self.dev("demo", expected=1, APT="100")
        self.assertIn("apt could not install", result.stderr)
        self.assertEqual(result.stdout, "")

    def test_ctrl_c_ends_the_build_and_lets_apt_finish(self) -> None:
        for name in ("building", "go"):
            os.mkfifo(self.tree / name)
        with subprocess.Popen([str(self.tree / "dev"), "demo"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env=self.environment(), start_new_session=True) as process:
            (self.tree / "building").read_text()
            os.killpg(process.pid, signal.SIGINT)
            (self.tree / "go").write_text("\n")
            self.assertEqual(process.wait(30), 130)
        self.assertEqual(self.calls("finished"), ["finished"])

    def test_jumps_and_returns_are_guarded_by_the_processor(self) -> None:
        flag = {"x86_64": "-fcf-protection", "aarch64": "-mbranch-protection=standard"}.get(platform.machine())
        if flag is None:
            self.skipTest("this processor has no such flag")
        build = Path(os.environ.get("LATCHKEY_BIN", ROOT / "build/dev/latchkey")).parent
        for entry in json.loads((build / "compile_commands.json").read_text()):
            self.assertIn(f" {flag} ", entry["command"], entry["file"])


if __name__ == "__main__":
    unittest.main()
