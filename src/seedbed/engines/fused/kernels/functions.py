"""Elementary functions of vectors, accurate to a few units in the last place of float32; nan in, nan out."""

from __future__ import annotations

import math

from seedbed.simd import (
    absolute,
    choose,
    exponent,
    fma,
    inlined,
    mantissa,
    nearest,
    power_of_two,
    splat,
)

LOG2_E = 1 / math.log(2)
LN2_HIGH = 0.693359375  # few bits, so that n * LN2_HIGH is exact
LN2_LOW = math.log(2) - LN2_HIGH
SQRT_HALF = math.sqrt(0.5)
EXP_RANGE = 87.0  # keeps 2 ** n a normal number


@inlined
def maximum(a, b):
    """a where a > b, else b; so a nan in b comes through."""
    return choose(a, b, a, b)


@inlined
def minimum(a, b):
    """a where a < b, else b; so a nan in b comes through."""
    return choose(b, a, a, b)


@inlined
def exp_parts(x):
    """p and s with exp(x) = (1 + p) s, for |x| up to EXP_RANGE: s is a power of two, p = exp(r) - 1 by its series."""
    n = nearest(x * splat(LOG2_E))
    r = fma(n, splat(-LN2_LOW), fma(n, splat(-LN2_HIGH), x))
    p = fma(r, splat(1 / 5040), splat(1 / 720))
    p = fma(p, r, splat(1 / 120))
    p = fma(p, r, splat(1 / 24))
    p = fma(p, r, splat(1 / 6))
    p = fma(p, r, splat(0.5))
    return fma(p, r * r, r), power_of_two(n)


@inlined
def exp(x):
    """e ** x, for x up to EXP_RANGE; below -EXP_RANGE it stays at 1.6e-38."""
    p, s = exp_parts(maximum(splat(-EXP_RANGE), x))
    return fma(p, s, s)


@inlined
def log(x):
    """The natural logarithm of positive normal x, as 2 atanh((m - 1) / (m + 1)) + e ln 2."""
    m, e = mantissa(x), exponent(x)
    large = splat(2 * SQRT_HALF)
    e = choose(m, large, e + splat(1.0), e)
    m = choose(m, large, m * splat(0.5), m)
    s = (m - splat(1.0)) / (m + splat(1.0))
    q = s * s
    p = fma(q, splat(1 / 9), splat(1 / 7))
    p = fma(p, q, splat(1 / 5))
    p = fma(p, q, splat(1 / 3))
    y = fma(p * q, s, s)
    # The last term is zero, or nan where x is not finite: bit fields of nan look like a number's.
    return fma(e, splat(LN2_HIGH), fma(e, splat(LN2_LOW), y + y)) + x * splat(0.0)


@inlined
def log1p(x):
    """log(1 + x) for x in 0..1, as 2 atanh(x / (2 + x))."""
    s = x / (x + splat(2.0))
    q = s * s
    p = fma(q, splat(1 / 15), splat(1 / 13))
    p = fma(p, q, splat(1 / 11))
    p = fma(p, q, splat(1 / 9))
    p = fma(p, q, splat(1 / 7))
    p = fma(p, q, splat(1 / 5))
    p = fma(p, q, splat(1 / 3))
    y = fma(p * q, s, s)
    return y + y


@inlined
def sigmoid(x):
    """1 / (1 + exp(-x))."""
    e = exp(splat(0.0) - absolute(x))
    s = splat(1.0) / (splat(1.0) + e)
    return choose(splat(0.0), x, e * s, s)


@inlined
def tanh(x):
    """E / (E + 2) with E = exp(2 |x|) - 1, and the sign of x."""
    one = splat(1.0)
    p, s = exp_parts(minimum(splat(40.0), absolute(x) + absolute(x)))
    e = fma(p, s, s - one)
    t = e / (e + splat(2.0))
    return choose(splat(0.0), x, splat(0.0) - t, t)


@inlined
def normal(x):
    """The standard normal distribution at x and sqrt(2 pi) times its density.

    Source: Abramowitz and Stegun, "Handbook of mathematical functions", 7.1.26; absolute error below 1e-7.
    """
    one = splat(1.0)
    bell = exp(x * x * splat(-0.5))
    t = one / fma(absolute(x), splat(0.3275911 * SQRT_HALF), one)
    p = fma(t, splat(1.061405429), splat(-1.453152027))
    p = fma(p, t, splat(1.421413741))
    p = fma(p, t, splat(-0.284496736))
    p = fma(p, t, splat(0.254829592))
    tail = p * t * bell * splat(0.5)
    return choose(splat(0.0), x, tail, one - tail), bell
