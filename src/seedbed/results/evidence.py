"""The records of runs that findings are made of, as a table that is stored with each shard."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.analysis.checks.base import Finding
from seedbed.analysis.evidence import Evidence
from seedbed.analysis.findings import counted, kinds_in
from seedbed.results.by_run import codes

if TYPE_CHECKING:
    import pyarrow as pa

TABLE = "evidence"


def stored_evidence(records: Sequence[Evidence]) -> dict[str, dict[str, list[Any]]]:
    """The table by its name: variant, seed, the kinds of findings that a run shows, and its record, both as JSON."""
    if not records:
        return {}
    return {
        TABLE: {
            "variant": [record.variant for record in records],
            "seed": [record.seed for record in records],
            "kinds": [json.dumps(kinds_in(record)) for record in records],
            "record": [record.to_json() for record in records],
        }
    }


def findings_in(table: pa.Table, variants: Sequence[str]) -> list[Finding]:
    """Findings in the records of a table, by variant, in the order given, and kind.

    Only what the table says of kinds is read of every run; records are read where a kind tells about them.
    """
    if not len(table):
        return []
    texts = table["kinds"].dictionary_encode().unify_dictionaries().combine_chunks()
    sets = [json.loads(text) for text in texts.dictionary.to_pylist()]
    variant, kinds = codes(table["variant"], variants), texts.indices.to_numpy()
    known = variant >= 0
    sizes = np.bincount(variant[known], minlength=len(variants))
    of = {name: size for name, size in zip(variants, sizes.tolist(), strict=True) if size}
    wrong: Counter[tuple[str, str]] = Counter()
    pairs, counts = np.unique(variant[known] * len(sets) + kinds[known], return_counts=True)
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        index, which = divmod(pair, len(sets))
        wrong.update(dict.fromkeys(((variants[index], kind) for kind in sets[which]), count))

    order = np.lexsort([table["seed"].to_numpy(), variant])
    ends = np.searchsorted(variant[order], np.arange(len(variants) + 1))
    row_of = {name: index for index, name in enumerate(variants)}

    def records(name: str, kind: str) -> list[Evidence]:
        showing = np.array([kind in own for own in sets])
        own = order[slice(*ends[row_of[name] : row_of[name] + 2])]
        return [
            Evidence.from_json(text) for text in table["record"].take(own[showing[kinds[own]]]).to_pylist()
        ]

    return counted(of, wrong, records)
