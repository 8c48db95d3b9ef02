"""Memory given back is used again."""

import platform
import subprocess
import sys

import pytest

from seedbed.engines import allocation
from seedbed.engines.allocation import KEEPING, USUAL, freed_memory_kept

CODE = """
import resource
import numpy as np
from seedbed.engines.allocation import freed_memory_kept
{before}
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
np.ones(2**24)
before = faults()
for _ in range(5):
    np.ones(2**24)
print(faults() - before)
"""


def faults(before: str) -> int:
    """Pages that had to be brought in for five arrays of 128 MB after a first one."""
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(before=before)], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


KEPT = "kept = freed_memory_kept(); kept.__enter__()"
DONE = "; kept.__exit__(None, None, None)"
ONE_OF_TWO = "; both = freed_memory_kept(); both.__enter__(); both.__exit__(None, None, None)"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the GNU C library is told to keep memory")
def test_large_arrays_take_the_place_of_freed_ones_until_the_last_user_is_done():
    assert faults(KEPT) < 5 < faults("")
    assert faults(KEPT + ONE_OF_TWO) < 5 < faults(KEPT + DONE)


@pytest.mark.parametrize("library", [lambda name: object(), lambda name: ctypes_error()])
def test_other_systems_are_left_alone(library, monkeypatch):
    monkeypatch.setattr(allocation.ctypes, "CDLL", library)
    monkeypatch.setattr(allocation, "_library", allocation._library.__wrapped__)
    with freed_memory_kept():
        assert allocation._library() is None


def test_an_error_puts_the_settings_back(monkeypatch):
    told = []

    class Library:
        def mallopt(self, setting, value):
            told.append((setting, value))

        def malloc_trim(self, pad):
            told.append("trim")

    monkeypatch.setattr(allocation, "_library", Library)
    monkeypatch.setattr(allocation, "_users", 0)
    with pytest.raises(MemoryError), freed_memory_kept():
        raise MemoryError
    assert told == [*KEEPING.items(), *USUAL.items(), "trim"]


def ctypes_error():
    raise TypeError("Windows has no library without a name")
