"""A result for Python users: what was stored of a study, opened, told and asked."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.results import result
from seedbed.store.reader import find
from seedbed.store.schema import runs_root

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from seedbed.results.inputs import Rows
    from seedbed.results.predictions import Predictions
    from seedbed.results.variant_table import VariantTable


class Result(result.Result):
    """A study's directory, opened for reading and for telling; see `results.result.Result`."""

    @cached_property
    def document(self) -> dict[str, Any]:
        """The document of `run --json`: numbers as numbers, what is absent or not finite as None."""
        from seedbed.results.documents import document

        return document(self)

    @property
    def table(self) -> VariantTable:
        """The variants side by side; aligned text, and a table in a notebook."""
        from seedbed.results.variant_table import VariantTable

        return VariantTable(self)

    def report(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write the report, by default beside the runs, and its figures into `figures/` next to it."""
        from seedbed.report.page import write_page

        target = self.directory / "report.html" if path is None else Path(path)
        write_page(self, target)
        return target

    def predict(
        self,
        rows: Rows,
        variant: str | None = None,
        targets: ArrayLike | None = None,
        trust: bool = False,
    ) -> Predictions:
        """Predict from new rows with every trained network of one variant.

        Parameters
        ----------
        rows
            A file or folder of images by its path, a data frame, or an array.
        variant
            Its name; where absent, the first of the ranking that has trained networks.
        targets
            The true targets of an array or data frame, to score the predictions. Files have them as a column.
        trust
            Whether you allow the code of the study's modules to run; see `Study.run`.

        Raises
        ------
        TrustError
            Where its networks are modules whose code you have not allowed.
        StoreError, TrainedError, DataError
            Where there are no trained networks, or the rows do not fit them.
        """
        from seedbed.results.predict import predict

        return predict(self.directory, rows, variant, targets, trust)

    def __repr__(self) -> str:
        from seedbed.results.documents import line

        return line(self)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def open(id_or_path: str | Path, runs_dir: str | os.PathLike[str] | None = None) -> Result:
    """Open the result of a study that was run.

    Parameters
    ----------
    id_or_path
        Its directory, its id or the beginning of that, or the study's name for its latest run.
    runs_dir
        Where studies are kept; by default $SEEDBED_RUNS, or ./runs.

    Raises
    ------
    StoreError
        Where nothing, or more than one id, fits.
    """
    return Result.open(find(runs_root(runs_dir), str(id_or_path)))
