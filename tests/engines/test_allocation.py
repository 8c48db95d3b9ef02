"""Memory given back is used again."""

import platform
import subprocess
import sys

import pytest

CODE = """
import resource
import numpy as np
from seedbed.engines.allocation import keep_freed_memory
{call}
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
np.ones(2**24)
before = faults()
for _ in range(5):
    np.ones(2**24)
print(faults() - before)
"""


def faults(call: str) -> int:
    """Pages that had to be brought in for five arrays of 128 MB after a first one."""
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(call=call)], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the GNU C library is told to keep memory")
def test_large_arrays_take_the_place_of_freed_ones():
    assert faults("keep_freed_memory()") < 5 < faults("")


@pytest.mark.parametrize(
    "answer", [object(), OSError("no such library"), TypeError("Windows has none without a name")]
)
def test_other_systems_are_left_alone(monkeypatch, answer):
    from seedbed.engines import allocation

    def library(name):
        asked.append(name)
        if isinstance(answer, Exception):
            raise answer
        return answer

    asked = []
    monkeypatch.setattr(allocation.ctypes, "CDLL", library)
    allocation.keep_freed_memory.__wrapped__()
    assert asked == [None]
