"""Tables fit where they are shown."""

from __future__ import annotations

import pytest

from seedbed.cli.output import _fitting, described

AGAINST = ["vs base", "p", "verdict"]


def header(*metrics: str, published: tuple[str, ...] = ()) -> list[str]:
    """The columns that a result's table has."""
    each = [name for metric in metrics for name in (metric, "95 % interval", "median")]
    return ["variant", "runs", *each, *(f"published {metric}" for metric in published), *AGAINST]


@pytest.mark.parametrize(
    ("metrics", "published", "width", "dropped"),
    [
        (("val.mse", "test.mse"), ("val.mse",), 400, []),
        (("val.mse", "test.mse"), ("val.mse",), 170, ["median"]),
        (("val.mse", "test.mse"), ("val.mse", "test.mse"), 135, ["median", "test.mse", "published test.mse"]),
        (("val.mse", "test.mse"), ("val.mse",), 40, ["median", "test.mse", "p"]),
        (("test.mse",), ("test.mse",), 40, ["median", "p"]),
    ],
)
def test_what_matters_least_goes_first(
    metrics: tuple, published: tuple, width: int, dropped: list[str]
) -> None:
    names = header(*metrics, published=published)
    rows = [["x" * 14] * len(names)] * 2
    kept, cells = _fitting(names, rows, width)
    assert [name for name in dict.fromkeys(names) if name not in kept] == dropped
    assert kept[:4] == ["variant", "runs", metrics[0], "95 % interval"]
    assert {"vs base", "verdict"} <= set(kept)
    assert [len(row) for row in cells] == [len(kept)] * 2


def test_settings_read_as_in_a_study() -> None:
    assert (
        described({"model.hidden": [10, 100], "model.norm": "none"})
        == "model.hidden = 10-100, model.norm = none"
    )
