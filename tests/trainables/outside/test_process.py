"""Processes with limits, whose output is kept and that end with all that they have started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from seedbed.trainables.outside import memory
from seedbed.trainables.outside.process import THREADS, Process, threads_of
from seedbed.trainables.outside.tail import MOST

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits what a process may reserve")


def started(program: str, **how: object) -> Process:
    """A Python program."""
    how = {"directory": Path.cwd(), "environment": {}, **how}
    return Process([sys.executable, "-c", program], **how)


def said(process: Process, seconds: float | None = 20) -> list[bytes]:
    """Its lines, once it has ended."""
    with process:
        return [line for line in process.lines(seconds) if line is not None]


def is_alive(pid: int) -> bool:
    """Whether there is such a process that still runs; one that has ended may wait for its parent."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    return False


def soon(happens: object) -> bool:
    """Whether something is so within a few seconds."""
    until = time.monotonic() + 5
    while not happens() and time.monotonic() < until:  # type: ignore[operator]
        time.sleep(0.02)
    return bool(happens())  # type: ignore[operator]


@pytest.mark.parametrize(
    ("program", "ended"),
    [
        ("print(1)", ""),
        ("import sys; print(1); sys.exit(3)", "exited with code 3"),
        ("import os; print(1, flush=True); os._exit(0)", ""),
        ("import os; print(1, flush=True); os.kill(os.getpid(), 9)", "killed by signal 9"),
        (
            "import ctypes; print(1, flush=True); ctypes.string_at(0)",
            "killed by signal 11 (segmentation fault)",
        ),
    ],
)
def test_says_how_it_ended_and_hands_over_its_lines(program: str, ended: str) -> None:
    process = started(program)
    assert said(process) == [b"1"]
    assert process.ended is not None
    assert process.ended.startswith(ended)
    assert bool(process.ended) == bool(ended)


def test_runs_where_and_with_what_it_is_told_and_is_written_to(tmp_path: Path) -> None:
    program = "import os; print(os.getcwd()); print(os.environ['ODD']); print(input())"
    process = started(program, directory=tmp_path, environment={"ODD": "ö"}, takes_lines=True)
    process.write(b"hello\n")
    assert said(process) == [str(tmp_path).encode(), "ö".encode(), b"hello"]
    assert said(started("import sys; print(sys.stdin.read())")) == [b""]
    with pytest.raises(OSError, match="no-such-program"):
        Process(["no-such-program"], directory=tmp_path, environment={})


def test_output_is_kept_in_the_order_it_came_and_only_its_end() -> None:
    process = started(
        "import sys, time; print('out', flush=True); time.sleep(.1); print('err', file=sys.stderr)"
    )
    assert said(process) == [b"out"]
    assert str(process.output).split() == ["out", "err"]
    flood = started("import sys\nfor _ in range(400): sys.stderr.write('x' * 9999 + 'y')\nprint('z')")
    assert said(flood) == [b"z"]
    text = str(flood.output)
    assert text.startswith("[... only the last 64 kB are kept]\n")
    assert MOST <= len(text) < MOST + 100
    apart = started("import sys; print('out'); print('err', file=sys.stderr)", keeps_lines=False)
    assert said(apart) == [b"out"]
    assert str(apart.output) == "err\n"


def test_every_line_comes_also_of_many_and_a_very_long_one_is_left_out() -> None:
    program = "for i in range(5000): print(i)\nprint('x' * 3_000_000)\nprint('last', end='')"
    assert said(started(program)) == [*(b"%d" % number for number in range(5000)), b"last"]


def test_a_limit_of_time_ends_it_and_all_that_it_has_started() -> None:
    program = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""
    began = time.monotonic()
    process = started(program)
    (child,) = said(process, 0.5)
    assert process.ended == "timed out after 0.5 s"
    assert time.monotonic() - began < 5
    assert soon(lambda: not is_alive(int(child)))


def test_what_it_leaves_running_ends_with_it() -> None:
    program = """
import subprocess, sys
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid)
"""
    process = started(program)
    (child,) = said(process)
    assert process.ended == ""
    assert soon(lambda: not is_alive(int(child)))


@LINUX
def test_a_limit_of_memory_is_an_error_in_it_or_its_end() -> None:
    hungry = started("held = [b'x' * 10_000_000 for _ in range(400)]", memory=400_000_000)
    said(hungry)
    assert hungry.ended in ("exited with code 1", "out of memory: over the limit of 400 MB")
    together = """
import subprocess, sys
eats = "held = b'x' * 250_000_000; import time; time.sleep(60)"
[child.wait() for child in [subprocess.Popen([sys.executable, "-c", eats]) for _ in range(2)]]
"""
    family = started(together, memory=400_000_000)
    said(family)
    assert family.ended == "out of memory: over the limit of 400 MB"


@LINUX
def test_pages_that_processes_share_are_counted_once() -> None:
    program = """
import os, time
held = b"x" * 250_000_000
child = os.fork()
time.sleep(0.5)
print("done") if child else None
"""
    process = started(program, memory=400_000_000)
    assert said(process) == [b"done"]


def test_memory_is_also_known_without_proc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(memory, "PROC", tmp_path / "none")
    with started("import time; held = b'x' * 100_000_000; print(1, flush=True); time.sleep(60)") as process:
        next(line for line in process.lines() if line)
        assert memory.exceeds(process.pid, 100_000_000)
        assert not memory.exceeds(process.pid, 1_000_000_000)


def test_whoever_waits_can_stop() -> None:
    with started("import time; time.sleep(60)") as process:
        assert next(process.lines()) is None
        assert process.ended is None
    assert process.ended == "stopped"
    assert not is_alive(process.pid)


def test_it_may_close_its_output_and_go_on() -> None:
    process = started("import os, time; os.close(1); os.close(2); time.sleep(.3); os._exit(4)")
    assert said(process) == []
    assert process.ended == "exited with code 4"


def test_it_ends_with_the_process_that_started_it() -> None:
    program = f"""
import sys, time
sys.path[:0] = {sys.path!r}
from pathlib import Path
from seedbed.trainables.outside.process import Process
process = Process([sys.executable, "-c", "import time; time.sleep(60)"], directory=Path.cwd(), environment={{}})
print(process.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    assert is_alive(pid)
    parent.kill()
    parent.communicate()
    assert soon(lambda: not is_alive(pid))


def test_threads_are_set_unless_the_environment_has_some(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert "OMP_NUM_THREADS" not in threads_of(2)
    assert threads_of(2)["MKL_NUM_THREADS"] == "2"
    assert threads_of(2, chosen=True)["OMP_NUM_THREADS"] == "2"
    assert os.environ["OMP_NUM_THREADS"] == "7"
