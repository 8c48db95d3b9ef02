"""The SGEMM GPU kernel performance table: 14 tuning parameters and the run time of a matrix product."""

from __future__ import annotations

from seedbed.data.base import Samples
from seedbed.data.public import Dataset, Distribution
from seedbed.data.sources.base import Request
from seedbed.recipe.sources import SgemmData

PARAMETERS = (
    "MWG", "NWG", "KWG", "MDIMC", "NDIMC", "MDIMA", "NDIMB", "KWI", "VWM", "VWN", "STRM", "STRN", "SA", "SB",
)  # fmt: skip
DERIVED = {"log_time": "log(mean(`Run1 (ms)`, `Run2 (ms)`, `Run3 (ms)`, `Run4 (ms)`))"}

CSV = "b545b908c203eaa4d0b78c88e3a7196857efc34da3b6da9be774f017f2b5e960"
DATASET = Dataset(
    "sgemm",
    (
        (
            Distribution("sgemm/sgemm_product.csv", 14_353_701, CSV),
            Distribution(
                "sgemm/sgemm_product.csv.xz",
                2_147_372,
                "acb358538dd85b12cb3d8b287b21c9b538e9e6d01addcd4ad96c03524d9e889d",
            ),
            Distribution(
                "sgemm/sgemm_product_dataset.zip",
                3_000_000,
                CSV,
                (
                    "https://archive.ics.uci.edu/static/public/440/sgemm+gpu+kernel+performance.zip",
                    "https://archive.ics.uci.edu/ml/machine-learning-databases/00440/sgemm_product_dataset.zip",
                ),
                member="sgemm_product.csv",
            ),
        ),
    ),
    "CC BY 4.0 (as commonly stated); cite Ballester-Ripoll, Paredes, Pajarola 2017",
)


def load(request: Request[SgemmData]) -> Samples:
    """The rows of the table, `log_time` (log of the mean of the four runs in ms) beside its columns."""
    from seedbed.data.tables import rows  # pyarrow takes a while to import

    settings = request.settings
    return rows.read(
        request.path,
        target=settings.target,
        features=settings.features or PARAMETERS,
        where=settings.where,
        classification=request.classification,
        derived=DERIVED,
    )
