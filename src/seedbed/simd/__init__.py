"""A small portable vector type, `WIDTH` float32 lanes wide, on which every kernel of this engine is written.

Compiled, the names below are Numba intrinsics over LLVM vectors (`simd.llvm`); under NUMBA_DISABLE_JIT=1 they are plain
functions of NumPy arrays (`simd.plain`), so that the very same kernels run, and are tested, as plain Python.
"""

from __future__ import annotations

from typing import Any

import numba

if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
    from seedbed.simd.plain import *  # noqa: F403
else:
    from seedbed.simd.llvm import *  # noqa: F403

OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True}
WITHOUT_WRAPPERS: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, **OPTIONS}

# A kernel that other kernels call: compiled for its callers alone, without the wrappers that Python would need.
kernel = numba.njit(**WITHOUT_WRAPPERS)
# A kernel so small that a call would cost more than its work.
inlined = numba.njit(forceinline=True, **WITHOUT_WRAPPERS)
