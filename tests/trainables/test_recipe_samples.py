"""What a study of recipes stores for verdicts on new data: how parts come about, and metrics sample by sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from study_files import small

from seedbed.api import Result, Study, run
from seedbed.results.artefacts import artefacts
from seedbed.store import reader

SHALLOW = {"name": "narrow", "set": {"model.hidden": [2]}}
ELSEWHERE = {"name": "elsewhere", "set": {"data.domain": [0.0, 5.0]}}


def stored(directory: Path, *variants: dict[str, Any], **changes: Any) -> Result:
    study = Study.parse(small({"study.seeds": 3, "variant": list(variants), **changes}), "a.toml")
    return run(study, runs_dir=directory, progress=False)


def parts_of(result: Result, variant: int) -> dict[str, Any]:
    return result.study["variants"][variant]["evaluation"]


def test_of_a_fixed_part_the_compared_metrics_are_stored_sample_by_sample(tmp_path: Path) -> None:
    claim = {"claim": "less", "better": "narrow", "than": "base", "metric": "test.mae"}
    result = stored(tmp_path, SHALLOW, ELSEWHERE, **{"data.seed": 1, "hypothesis": [claim]})
    rows = reader.read_table(result.directory, "samples").to_pylist()
    assert {row["metric"] for row in rows} == {"val.mse", "test.mse", "test.mae"}
    assert len(rows) == 3 * 3 * 3
    for row in rows:
        assert len(row["values"]) == parts_of(result, 0)[row["metric"].split(".")[0]]["samples"]
        value = result.values(row["variant"], row["metric"])[row["seed"]]
        np.testing.assert_allclose(np.mean(row["values"]), value, rtol=1e-5)
    base, narrow, elsewhere = (parts_of(result, variant)["test"]["same"] for variant in range(3))
    assert base == narrow != elsewhere


def test_of_parts_that_are_drawn_anew_nothing_is_stored(tmp_path: Path) -> None:
    result = stored(tmp_path, SHALLOW)
    assert {part["kind"] for part in parts_of(result, 1).values()} == {"drawn"}
    assert "samples" not in artefacts(result)
