"""The vector type as plain functions of NumPy arrays: what `simd.llvm` compiles, readable and without compilation."""

from __future__ import annotations

import time

import numpy as np

from seedbed.simd.llvm import __all__ as __all__
from seedbed.simd.width import native_width

WIDTH = native_width()
Vector = np.ndarray  # (WIDTH,) float32
Words = np.ndarray  # (WIDTH,) uint32


def load(array: np.ndarray, index: int) -> Vector:
    """The vector that starts at an index of a flat array."""
    return array[index : index + WIDTH].copy()


def store(array: np.ndarray, index: int, vector: Vector) -> None:
    """Write a vector to a flat array."""
    array[index : index + WIDTH] = vector


def take(array: np.ndarray, index: int) -> np.float32:
    """One number of a flat array."""
    return array[index]


def put(array: np.ndarray, index: int, number: float) -> None:
    """Write one number to a flat array."""
    array[index] = number


def broadcast(array: np.ndarray, index: int) -> Vector:
    """One number of a flat array in every lane."""
    return splat(array[index])


def splat(scalar: float) -> Vector:
    """A number in every lane."""
    return np.full(WIDTH, scalar, np.float32)


def splat_word(word: int) -> Words:
    """A 32-bit word in every lane."""
    return np.full(WIDTH, word, np.uint32)


def lanes() -> Words:
    """0, 1, 2, ..."""
    return np.arange(WIDTH, dtype=np.uint32)


def fma(a: Vector, b: Vector, c: Vector) -> Vector:
    """a * b + c; rounded once where compiled, twice here."""
    return a * b + c


absolute, nearest = np.abs, np.rint


def square_root(x: Vector) -> Vector:
    """The square root, nan below zero: lanes that nobody reads may hold anything."""
    with np.errstate(invalid="ignore"):
        return np.sqrt(x)


def choose(a: Vector, b: Vector, x: Vector, y: Vector) -> Vector:
    """x where a > b, else y (also where either is nan)."""
    return np.where(a > b, x, y)


def choose_below(a: Words, b: Words, x: Vector, y: Vector) -> Vector:
    """x where a < b, as unsigned words, else y."""
    return np.where(a < b, x, y)


def total(vector: Vector) -> np.float32:
    """The sum of all lanes."""
    return vector.sum(dtype=np.float32)


def store_totals(array: np.ndarray, index: int, a: Vector, b: Vector, c: Vector, d: Vector) -> None:
    """Write the sums of four vectors side by side."""
    array[index : index + 4] = total(a), total(b), total(c), total(d)


def transpose(
    source: np.ndarray,
    numbers: np.ndarray,
    first: int,
    size: int,
    offset: int,
    target: np.ndarray,
    to: int,
    stride: int,
) -> None:
    """Turn WIDTH rows into WIDTH vectors, a lane a row; the vectors are put `stride` apart.

    The rows are those of `numbers` from index `first` on, of `size` each in `source`, read from `offset` on.
    """
    starts = numbers[first : first + WIDTH] * size + offset
    for n in range(WIDTH):
        store(target, to + n * stride, source[starts + n])


def power_of_two(whole: Vector) -> Vector:
    """2 ** whole, for whole numbers in -126..127."""
    return np.ldexp(np.float32(1), whole.astype(np.int32))


def exponent(x: Vector) -> Vector:
    """The whole number e of x = m * 2 ** e with m in [1, 2), for positive normal x."""
    return ((x.view(np.int32) >> 23) - 127).astype(np.float32)


def mantissa(x: Vector) -> Vector:
    """The m of x = m * 2 ** e with m in [1, 2), for positive normal x."""
    return ((x.view(np.int32) & 0x007FFFFF) | 0x3F800000).view(np.float32)


def multiply_high(a: Words, b: Words) -> Words:
    """The upper 32 bits of the product."""
    return ((a.astype(np.uint64) * b) >> np.uint64(32)).astype(np.uint32)


def prefetch(array: np.ndarray, index: int) -> None:
    """Ask for a cache line ahead of its use."""


def fetch_add(counter: np.ndarray) -> int:
    """Take the next number of a counter that several threads share."""
    value = int(counter[0])
    counter[0] += 1
    return value


def fetch(counter: np.ndarray) -> int:
    """Look at a counter that several threads share."""
    return int(counter[0])


def give_way() -> None:
    """Let other threads run."""
    time.sleep(0)
