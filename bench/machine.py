"""What the machine can do: its peak rate of multiply-adds and of reading memory, and what it is."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numba
import numpy as np

from seedbed.engines.fused.workspace import aligned_zeros
from seedbed.simd import OPTIONS, WIDTH, fma, load, splat, total

PACKAGES = ("seedbed", "numpy", "numba", "llvmlite", "torch", "jax", "jaxlib", "scikit-learn")


@numba.njit(**OPTIONS)
def _multiply_adds(rounds, numbers):  # type: ignore[no-untyped-def]
    u, v = load(numbers, 0), load(numbers, WIDTH)
    a = b = c = d = e = f = g = h = i = j = splat(0.0)
    for _ in range(rounds):
        a, b, c, d, e = fma(a, u, v), fma(b, u, v), fma(c, u, v), fma(d, u, v), fma(e, u, v)
        f, g, h, i, j = fma(f, u, v), fma(g, u, v), fma(h, u, v), fma(i, u, v), fma(j, u, v)
    return total(a + b + c + d + e + f + g + h + i + j)


@numba.njit(**OPTIONS)
def _read(rounds, numbers):  # type: ignore[no-untyped-def]
    a = b = c = d = splat(0.0)
    for _ in range(rounds):
        for at in range(0, len(numbers), 4 * WIDTH):
            a, b = a + load(numbers, at), b + load(numbers, at + WIDTH)
            c, d = c + load(numbers, at + 2 * WIDTH), d + load(numbers, at + 3 * WIDTH)
    return total(a + b + c + d)


def _best(work: Callable[[int, np.ndarray], float], rounds: int, arrays: list[np.ndarray]) -> float:
    """The least seconds of several tries of doing the work in one thread an array, all at once."""
    seconds = []
    with ThreadPoolExecutor(len(arrays)) as pool:
        for _ in range(5):
            started = time.perf_counter()
            list(pool.map(lambda array: work(rounds, array), arrays))
            seconds.append(time.perf_counter() - started)
    return min(seconds)


def peak_flops(threads: int) -> float:
    """Multiply-adds count two, in float32 registers of every thread."""
    arrays = [aligned_zeros(2 * WIDTH) for _ in range(threads)]
    _multiply_adds(1, arrays[0])
    rounds = 5_000_000
    return threads * rounds * 10 * WIDTH * 2 / _best(_multiply_adds, rounds, arrays)


def read_bandwidth(threads: int, size: float) -> float:
    """Bytes a second, reading an array of about `size` bytes over and over, one array per thread."""
    arrays = [aligned_zeros(int(size) // 4 // (4 * WIDTH) * 4 * WIDTH) for _ in range(threads)]
    _read(1, arrays[0])
    rounds = max(1, int(2e9 / size))
    return threads * rounds * arrays[0].nbytes / _best(_read, rounds, arrays)


def threads() -> int:
    """How many threads this machine gives."""
    return numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]


def description() -> dict[str, object]:
    """The machine and the versions of all contenders."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "processor": _processor(),
        "threads": threads(),
        "vector lanes": WIDTH,
        "python": platform.python_version(),
        "versions": versions,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()
