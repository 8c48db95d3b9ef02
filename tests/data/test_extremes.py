"""Data of extreme values, and files that change under the reader's eyes: refused, or right without a warning."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import feather

from seedbed import recipe
from seedbed.data import DataError, facts, load, prepare
from seedbed.data.sources import SOURCES
from seedbed.data.sources.base import Source
from seedbed.data.tables import kinds

LARGEST = float(np.finfo(np.float32).max)
NUMBERS = st.sampled_from([0.0, 1.0, -1.0, 1e-45, -3e-45, 1e-38, LARGEST, -LARGEST, 1e300, 1e30, 0.1])


def settings_of(path: Path, **changes: object) -> recipe.TableData:
    return recipe.TableData(source="table", path=path.name, target="y", **changes)  # type: ignore[arg-type]


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    values=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=8, max_size=12),
    scale=st.sampled_from(["none", "standard", "minmax"]),
)
def test_extreme_numbers_are_refused_or_finite_and_never_warned_of(
    tmp_path: Path, values: list[tuple[float, float]], scale: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "".join(f"{a!r},{y!r}\n" for a, y in values))
    data = settings_of(path, scale=scale, split=(0.5, 0.25, 0.25))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            samples = load(data, classification=False, study_seed=0, seed=0, base=tmp_path)
            prepared = prepare(data, samples, study_seed=0, seed=0)
        except DataError:
            return
        facts.describe([prepared])
    for array in (samples.inputs, samples.targets, prepared.center, prepared.scale):
        assert array is None or np.isfinite(array).all()


def test_columns_that_spread_too_little_for_32_bits_are_named(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "".join(f"{i % 3}e-45,{i}\n" for i in range(12)))
    data = settings_of(path, scale="standard")
    samples = load(data, classification=False, study_seed=0, seed=0, base=tmp_path)
    with pytest.raises(DataError, match=r"'a' spread too little for data\.scale = 'standard'"):
        prepare(data, samples, study_seed=0, seed=0)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_moments_far_away_are_the_days_that_they_are(unit: str) -> None:
    per_day = 86_400 * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    counts = [0, per_day, -per_day, 2**62 // per_day * per_day]
    column = pa.chunked_array([pa.array([*counts, None], pa.timestamp(unit))])
    expected = [*(count // per_day for count in counts), np.nan]
    np.testing.assert_array_equal(kinds.days(column), expected)
    np.testing.assert_allclose(
        kinds.numbers(column.cast(pa.int64()).cast(pa.duration(unit))) / 86_400, expected
    )


@pytest.mark.filterwarnings("error")
def test_dates_of_all_ages_become_numbers(tmp_path: Path) -> None:
    counts = np.linspace(-(2**62), 2**62, 12).astype(np.int64)
    table = pa.table({"day": pa.array(counts, pa.timestamp("s")), "y": np.arange(12.0)})
    feather.write_feather(table, tmp_path / "t.feather")
    data = settings_of(tmp_path / "t.feather")
    samples = load(data, classification=False, study_seed=0, seed=0, base=tmp_path)
    assert np.isfinite(samples.inputs).all()
    np.testing.assert_allclose(samples.inputs[:, 0], np.floor(counts / 86_400), rtol=1e-6)


def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, source = tmp_path / "t.csv", SOURCES["table"]
    path.write_text("a,y\n" + "1,2\n3,4\n" * 5)

    def changing(request: object) -> object:
        samples = source.load(request)  # type: ignore[arg-type]
        path.write_text("a,y\n" + "1,2\n3,5\n" * 5)
        os.utime(path, ns=(0, 0))  # even where both are written within one tick of the clock
        return samples

    monkeypatch.setitem(SOURCES, "table", Source(changing, source.files))  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"t\.csv changed while it was read"):
        load(settings_of(path), classification=False, study_seed=0, seed=0, base=tmp_path)
    monkeypatch.setitem(SOURCES, "table", source)
    samples = load(settings_of(path), classification=False, study_seed=0, seed=0, base=tmp_path)
    assert samples.targets[1, 0] == 5
