"""The records of runs that findings are made of, as a table that is stored with each shard."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seedbed.analysis.checks.base import Finding
from seedbed.analysis.evidence import Evidence
from seedbed.analysis.findings import kinds_in, summed

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
    """Findings in the records of a table, by variant, in the order given, and kind."""
    rank = {name: index for index, name in enumerate(variants)}
    rows = [row for row in table.to_pylist() if row["variant"] in rank]
    rows.sort(key=lambda row: (rank[row["variant"]], row["seed"]))
    return summed((Evidence.from_json(row["record"]), json.loads(row["kinds"])) for row in rows)
