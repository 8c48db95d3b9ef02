"""The fused engine: compiled kernels that train each run alone in cache, many runs over all cores."""

from __future__ import annotations

from seedbed.engines.fused.driver import FusedEngine

__all__ = ["FusedEngine"]
