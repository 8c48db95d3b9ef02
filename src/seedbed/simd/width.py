"""How many float32 lanes one vector register of this processor holds."""

from __future__ import annotations

import os

from llvmlite import binding


def native_width() -> int:
    """16 with AVX-512, 8 with AVX, else 4 (NEON, SSE); SEEDBED_SIMD_WIDTH overrides, for tests.

    One register a vector, not two: the tiles of 4 outputs x 2 vectors then fit in 16 registers.
    """
    asked = os.environ.get("SEEDBED_SIMD_WIDTH")
    if asked:
        return int(asked)
    features = binding.get_host_cpu_features()
    return 16 if features.get("avx512f") else 8 if features.get("avx") else 4
