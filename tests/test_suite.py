"""The tests themselves: they end, wherever they are started."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def pytest_of(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """What pytest does with the project's settings where SIGINT is ignored, as under nohup."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-c",
        ROOT / "pyproject.toml",
        *words,
    ]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )


def test_handlers_are_pythons_own() -> None:
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_handlers_are_pythons_own_where_interrupts_are_ignored() -> None:
    ran = pytest_of(f"{__file__}::test_handlers_are_pythons_own")
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(
    "distributed", [[], ["-n", "1", "--max-worker-restart", "0"]], ids=["alone", "xdist"]
)
def test_a_test_that_hangs_ends_with_its_stack(tmp_path: Path, distributed: list[str]) -> None:
    hanging = tmp_path / "test_hanging.py"
    hanging.write_text("import time\ndef test_it_hangs():\n    time.sleep(100)\n")
    ran = pytest_of(hanging, "-o", "faulthandler_timeout=0.5", *distributed)
    assert ran.returncode not in (0, 5), ran.stdout
    assert "in test_it_hangs" in ran.stderr
