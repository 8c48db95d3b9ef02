"""The SGEMM GPU kernel performance table: 14 tuning parameters and the run time of a matrix product."""

from __future__ import annotations

from pathlib import Path

from seedbed.data.base import Samples
from seedbed.data.sources import table
from seedbed.recipe import SgemmData

PARAMETERS = (
    "MWG", "NWG", "KWG", "MDIMC", "NDIMC", "MDIMA", "NDIMB", "KWI", "VWM", "VWN", "STRM", "STRN", "SA", "SB",
)  # fmt: skip
DERIVED = {"log_time": "log(mean(`Run1 (ms)`, `Run2 (ms)`, `Run3 (ms)`, `Run4 (ms)`))"}


def load(settings: SgemmData, path: Path, *, classification: bool) -> Samples:
    """The rows of the table, `log_time` (log of the mean of the four runs in ms) beside its columns."""
    return table.load(
        path,
        target=settings.target,
        features=settings.features or PARAMETERS,
        where=settings.where,
        classification=classification,
        derived=DERIVED,
    )
