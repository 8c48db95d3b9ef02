"""The fused engine: compiled kernels that train each run alone in a core's cache, many runs over all cores.

`compiler.supports` says what it can train, without importing Numba; `driver.FusedEngine` does it.
"""
