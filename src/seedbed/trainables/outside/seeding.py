"""Seeds the random numbers of a run: Python's own, NumPy's global ones and PyTorch's, once each is imported."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

SEEDERS: dict[str, Callable[[Any, int], object]] = {
    "numpy": lambda numpy, seed: numpy.random.seed(seed),
    "torch": lambda torch, seed: torch.manual_seed(seed),  # of all devices
}


class Seeding(MetaPathFinder):
    """Seeds libraries at the beginning of a run, and those that a run imports as soon as it does.

    So a run draws the same whether it is the first of its process or not.
    """

    def __init__(self) -> None:
        self._seed = 0
        self._looking = False
        sys.meta_path.insert(0, self)

    def begin(self, seed: int) -> None:
        """Seed all that is there."""
        self._seed = seed
        random.seed(seed)
        for name, seeded in SEEDERS.items():
            if name in sys.modules:
                seeded(sys.modules[name], seed)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that others find, its loader followed by seeding."""
        if fullname not in SEEDERS or self._looking:
            return None
        self._looking = True
        try:
            spec = find_spec(fullname)
        finally:
            self._looking = False
        if spec and spec.loader:
            spec.loader = _Seeded(spec.loader, lambda module: SEEDERS[fullname](module, self._seed))
        return spec


class _Seeded(Loader):
    """A loader, followed by something."""

    def __init__(self, loader: Loader, then: Callable[[ModuleType], object]) -> None:
        self._loader, self._then = loader, then

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._then(module)
