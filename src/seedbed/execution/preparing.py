"""Makes the parts of a study ready to train."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from seedbed.execution.executors.choice import LOCAL
from seedbed.execution.planned import Planned
from seedbed.plan.plan import plan
from seedbed.store.schema import StoreError
from seedbed.study.code import Snapshot
from seedbed.study.model import Study
from seedbed.study.trainable import Compute, Work


class Preparing:
    """Makes a part of a study ready to train, once for each part.

    Parameters
    ----------
    code
        The code that the study may run; None where it names none.
    data
        The checksums of the files that the study was begun with, by name.
    """

    def __init__(
        self, planned: Planned, code: Snapshot | None, data: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.code = code
        self._planned, self._data = planned, data
        self._last: tuple[Any, Work] | None = None
        self._is_warm = False

    def __call__(self, part: Study) -> Work:
        self.check_code()
        names = [variant.name for variant in part.variants]
        asked = names, part.to_train
        if self._last is None or self._last[0] != asked:
            data_dir = self._planned.data_dir
            work = plan(part, Path(data_dir) if data_dir else None).work
            for name, checksum in (work.environment.get("data") or {}).items():
                if self._data.get(name, checksum) != checksum:
                    raise StoreError(
                        f"{name} has changed since the study was begun; put the old file back, or run the study again"
                    )
            work = work.on(
                self._planned.compute if self._planned.on == LOCAL else _anywhere(self._planned.compute)
            )
            if self.code:
                work.hold_to(self.code)
            self._last, self._is_warm = (asked, work), False
        return self._last[1]

    def check_code(self) -> None:
        """Refuse to go on where the code is not what it was; raises ChangedCode."""
        if self.code:
            self.code.hold()

    def warm(self, part: Study) -> Work:
        """The same, and what no run's time should pay for done, once."""
        work = self(part)
        if not self._is_warm:
            work.warm_up()
            self._is_warm = True
        return work


def _anywhere(compute: Compute) -> Compute:
    """What does not depend on the device, which workers may have and this machine not."""
    return replace(compute, device="auto", precision=Compute.precision, cuda_graphs=False)
