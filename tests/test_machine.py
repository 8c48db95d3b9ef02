"""How much memory is free, within the limits of containers and shells."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from seedbed import machine


@pytest.mark.parametrize(
    ("limit", "used", "files", "free", "expected"),
    [
        ("1000", "300", None, 5000, 700),
        ("1000", "300", None, 500, 500),
        ("1000", "900", "600", 5000, 700),
        ("1000", "1200", None, 5000, 0),
        ("max", "300", None, 5000, 5000),
        (None, None, None, 5000, 5000),
    ],
)
def test_the_limits_of_a_container_count(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: str | None,
    used: str | None,
    files: str | None,
    free: int,
    expected: int,
) -> None:
    for name, value in (
        ("max", limit),
        ("current", used),
        ("stat", files and f"anon 1\ninactive_file {files}"),
    ):
        if value is not None:
            (tmp_path / f"memory.{name}").write_text(value)
    monkeypatch.setattr(machine, "GROUP", tmp_path)
    monkeypatch.setattr(machine, "_free", lambda: free)
    monkeypatch.setattr(machine, "_left_of_addresses", lambda: None)
    assert machine.available() == expected


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("max 100000", 64), ("250000 100000", 3), ("1000 100000", 1), ("", 64), (None, 64)],
)
def test_the_processor_time_of_a_container_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str | None, expected: int
) -> None:
    if limit is not None:
        (tmp_path / "cpu.max").write_text(limit)
    monkeypatch.setattr(machine, "GROUP", tmp_path)
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda process: range(64), raising=False)
    assert machine.usable_cores() == expected


def test_there_is_memory_on_this_machine() -> None:
    free = machine.available()
    assert free is None or 2**20 < free < 2**50


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system does not say")
def test_the_limit_of_a_shell_counts() -> None:
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (10**9, 10**9))\n"
        "from seedbed import machine; print(machine.available())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 0 < int(done.stdout) < 10**9
