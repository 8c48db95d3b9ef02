"""Kernels are compiled once, with a word about it, and again where what was kept is damaged."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from seedbed.simd import compiled, kept

KERNELS = """
import numba

@numba.njit
def double(x):
    return 2 * x

@numba.njit
def half(x):
    return x / 2
"""
ARGUMENTS = {"double": [(1,), (1.0,)], "half": [(1.0,)]}
MODULE = "made_kernels"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where kernels are kept; a module of them can be imported."""
    (tmp_path / f"{MODULE}.py").write_text(KERNELS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(kept, "places", lambda: iter([tmp_path / "place"]))
    return tmp_path / "place"


def hits() -> int:
    """Kernels that a new interpreter would find; checks what they compute."""
    sys.modules.pop(MODULE, None)
    module = compiled.compiled(MODULE, "made", "no time", ARGUMENTS)
    assert (module.double(3), module.double(1.5), module.half(3.0)) == (6, 3.0, 1.5)
    return sum(sum(getattr(module, name).stats.cache_hits.values()) for name in ARGUMENTS)


def test_kernels_are_compiled_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert hits() == 0
    said = capsys.readouterr()
    assert said.out == ""
    start = "Compiling the made kernels for this machine, once (no time): double .. half .. done in "
    assert said.err.startswith(start)
    assert said.err.count("\n") == 1
    assert hits() == 3
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("share", "garbage"), [(0, b""), (0.5, b""), (0.9, b"\x80\x05."), (1, b"x")])
def test_what_is_damaged_is_compiled_again(place: Path, share: float, garbage: bytes) -> None:
    hits()
    (directory,) = place.iterdir()
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if (damaged := content[: int(share * len(content))] + garbage) != content:
            path.write_bytes(damaged)
            assert hits() == 0
        assert hits() == 3


def test_where_nothing_can_be_kept_kernels_are_compiled_all_the_same(place: Path) -> None:
    place.write_text("a file")
    assert hits() == hits() == 0


def test_a_full_disk_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("numba.core.caching.IndexDataCacheFile.save", full)
        assert hits() == 0
    hits()
    assert hits() == 3


def test_another_source_or_width_has_a_directory_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [compiled.directory_name(MODULE)]
    assert compiled.directory_name(MODULE) == names[0]
    monkeypatch.setenv("SEEDBED_SIMD_WIDTH", "4" if compiled.native_width() != 4 else "8")
    names.append(compiled.directory_name(MODULE))
    monkeypatch.setattr(compiled, "SOURCES", ("draws.py",))
    names.append(compiled.directory_name(MODULE))
    monkeypatch.setattr(compiled, "version", lambda name: "another")
    names.append(compiled.directory_name(MODULE))
    assert len(set(names)) == 4


def test_two_processes_at_once_both_compile_and_leave_kernels_that_are_whole(
    tmp_path: Path, place: Path
) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from seedbed.simd import compiled, kept\n"
        f"sys.path.insert(0, {str(tmp_path)!r}); kept.places = lambda: iter([Path({str(place)!r})])\n"
        f"module = compiled.compiled({MODULE!r}, 'made', 'no time', {ARGUMENTS!r})\n"
        "assert module.double(3) == 6"
    )
    both = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert hits() == 3
    assert len(list(place.iterdir())) == 1


class Interrupted:
    """Raises where Python can only report it, as in a function that LLVM calls back."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __del__(self) -> None:
        raise self.error


def interrupted() -> None:
    with compiled._interrupts_heard():
        Interrupted(KeyboardInterrupt())
        raise RuntimeError("what came of it")


def test_an_interrupt_in_a_callback_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    reported = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: reported.append(unraisable.exc_type))
    with compiled._interrupts_heard():
        Interrupted(ValueError())
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    Interrupted(KeyError())
    assert reported == [ValueError, KeyError]
