"""Columns of stored tables as arrays with an entry for each variant and seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.store.schema import StoreError

if TYPE_CHECKING:
    import pyarrow as pa


def codes(column: pa.ChunkedArray, known: Sequence[Any]) -> np.ndarray:
    """The index of every value of a column in `known`, (rows,) int64; -1 for a value that is not in it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):  # compare each distinct value once
        whole = column.unify_dictionaries().combine_chunks()
        known_codes = codes(pa.chunked_array([whole.dictionary]), known)
        return np.append(known_codes, -1)[
            pc.fill_null(whole.indices, len(known_codes)).to_numpy(zero_copy_only=False)
        ]
    indices = pc.index_in(column, value_set=pa.array(known, type=column.type))
    return pc.fill_null(indices, -1).to_numpy().astype(np.int64)


class ByRun:
    """The columns of a table of runs, spread over all variants and seeds of a study."""

    def __init__(self, table: pa.Table, variants: Sequence[str], seeds: Sequence[int]) -> None:
        self._table, self._shape = table, (len(variants), len(seeds))
        variant, seed = codes(table["variant"], variants), codes(table["seed"], seeds)
        self._rows = np.flatnonzero((variant >= 0) & (seed >= 0))
        self._cells = variant[self._rows], seed[self._rows]
        self._known: dict[str, np.ndarray] = {}

    def numbers(self, name: str) -> np.ndarray:
        """(variants, seeds) float64; NaN where there is no run, or no such column. Every caller gets the same array.

        Raises
        ------
        StoreError
            Where the column holds no numbers.
        """
        import pyarrow as pa

        if name not in self._known:
            grid = np.full(self._shape, np.nan)
            if name in self._table.column_names:
                kind = self._table.schema.field(name).type
                if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind)):
                    raise StoreError(
                        f"runs.parquet is damaged (its column {name} holds {kind}); restore it, or run the study again"
                    )
                values = self._table[name].to_numpy()
                grid[self._cells] = values[self._rows].astype(np.float64)
            grid.flags.writeable = False
            self._known[name] = grid
        return self._known[name]

    def categories(self, name: str) -> tuple[np.ndarray, list[str]]:
        """A column of text as (variants, seeds) of indices into its distinct texts, and these; -1 without a run."""
        import pyarrow as pa

        column = self._table[name]
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        texts = column.unify_dictionaries().combine_chunks().dictionary.to_pylist()
        names = [text for text in dict.fromkeys(texts) if text]
        grid = np.full(self._shape, -1, dtype=np.int32)
        grid[self._cells] = codes(column, names)[self._rows]
        return grid, names
