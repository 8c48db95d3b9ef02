"""How long the sign-flip test takes where seeds are many, and how much memory: measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

SEEDS = 100_000
MOST_SECONDS, MOST_MEGABYTES = 2.0, 200.0
PROGRAM = """
import resource, sys, time
import numpy as np
from seedbed.analysis.flips import flip_p
gaps = np.random.default_rng(0).normal(0.01, 1, {seeds})
started = time.perf_counter()
flip_p(gaps)
unit = 1 if sys.platform == "darwin" else 1024
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)
"""


@dataclass(frozen=True)
class Speed:
    """Of one test of so many gaps; the memory is the whole process's at its peak."""

    seconds: float
    megabytes: float

    def __str__(self) -> str:
        missed = self.seconds > MOST_SECONDS or self.megabytes > MOST_MEGABYTES
        return (
            f"A sign-flip test of {SEEDS:,} seeds takes {self.seconds:.2f} s in a process that has "
            f"{self.megabytes:.0f} MB at its "
            f"peak, Python and its libraries included (the goal is {MOST_SECONDS:.0f} s and {MOST_MEGABYTES:.0f} MB)"
            f"{': **missed**' if missed else ''}."
        )


def speed() -> Speed:
    """Measure it; its library is loaded first."""
    command = [sys.executable, "-c", PROGRAM.format(seeds=SEEDS)]
    seconds, megabytes = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return Speed(float(seconds), float(megabytes))
