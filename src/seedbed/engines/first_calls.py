"""PyTorch's elementwise functions, each called once before threads call it, so that all are given the same kernel."""

from __future__ import annotations

from functools import cache

import torch

# Those that PyTorch has of Intel's MKL.
NAMES = (
    *("acos", "asin", "atan", "cos", "erf", "erfc", "erfinv", "exp", "expm1", "log", "log10", "log1p"),
    *("log2", "sin", "sqrt", "tan", "tanh"),
)


@cache
def make() -> None:
    """Call each of them once, in this thread.

    On its first call MKL looks for the kernel of this processor. Of threads that make that call at once, one may be
    given a less exact kernel (MKL 2024.2, which PyTorch comes with: https://github.com/pytorch/pytorch/issues/188792),
    and then its runs differ in the fifth to seventh digit from those of any other time.
    """
    for dtype in (torch.float32, torch.float64):
        one = torch.full((1,), 0.5, dtype=dtype)
        for name in NAMES:
            getattr(torch, name)(one)
        torch.bmm(one[None, None], one[None, None])
