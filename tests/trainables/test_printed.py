"""Metrics are read from whatever programs print, and nothing they print does harm."""

from __future__ import annotations

import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.trainables import printed
from seedbed.trainables.printed import Following, TooMuch, metrics_of


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"acc": 0.5, "loss": 2}', {"acc": 0.5, "loss": 2.0}),
        ('  {"acc": 0.5}\r', {"acc": 0.5}),
        ('{"val": {"acc": 1}, "note": "fine", "list": [1]}', {"val.acc": 1.0}),
        ('{"epoch": 3, "seed": 1, "seconds": 2, "acc": true}', {"acc": 1.0}),
        ('{"loss": ' + "9" * 400 + "}", {"loss": math.inf}),
        ("epoch 3: loss 0.2", None),
        ("0.5", None),
        ("[1]", None),
        ('{"note": "nothing"}', None),
        ('{"acc": 0.5', None),
        ("", None),
        ("{" * 5000, None),
        ('{"a":' * 5000, None),
        ('{"a": ' + "9" * 5000 + "}", None),
    ],
)
def test_the_numbers_of_a_line(line: str, expected: dict[str, float] | None) -> None:
    assert metrics_of(line.encode()) == expected


@pytest.mark.parametrize(
    "text", ["NaN", "null", '"nan"', '"NaN"', "Infinity", '"-Inf"', '"Infinity"', "1e999"]
)
def test_what_is_no_finite_number_is_taken_for_one_that_is_not(text: str) -> None:
    metrics = metrics_of(f'{{"loss": {text}}}'.encode())
    assert metrics is not None
    assert not math.isfinite(metrics["loss"])


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: b"{" + text.encode() + b"}"))
def test_any_line_is_metrics_or_nothing(line: bytes) -> None:
    metrics = metrics_of(line)
    assert metrics is None or all(isinstance(value, float) for value in metrics.values())


@given(st.dictionaries(st.text("abc/@", min_size=1), st.floats(allow_nan=False, width=32)))
def test_what_json_writes_is_what_is_read(metrics: dict[str, float]) -> None:
    assert metrics_of(json.dumps(metrics).encode()) == (metrics or None)


def test_too_many_metrics_are_refused() -> None:
    with pytest.raises(TooMuch, match="1,001 metrics"):
        metrics_of(json.dumps({f"m{number}": 1 for number in range(1001)}).encode())


@given(st.lists(st.binary(max_size=9).filter(lambda line: b"\n" not in line), min_size=1), st.data())
def test_lines_of_a_file_are_whole_however_they_are_written(lines: list[bytes], data: st.DataObject) -> None:
    content = b"\n".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=4)))
    with TemporaryDirectory() as directory:
        file = Path(directory) / "lines"
        following, found = Following(file), []
        assert list(following.lines()) == []
        for start, stop in zip([0, *cuts], [*cuts, len(content)], strict=True):
            with file.open("ab") as opened:
                opened.write(content[start:stop])
            found += following.lines()
        found += following.lines(at_end=True)
    assert found == (lines if lines[-1] else lines[:-1])


def test_a_file_without_end_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printed, "MOST_BYTES", 1000)
    (tmp_path / "lines").write_bytes(b"{}\n" * 1000)
    with pytest.raises(TooMuch):
        list(Following(tmp_path / "lines").lines())
