"""What a function is given as `run`: what it saves comes back as it was."""

from __future__ import annotations

import math
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from seedbed.trainables.outside.numbers import WrongMetrics
from seedbed.trainables.outside.run import FILE, Enough, Run

PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
KINDS = arrays.scalar_dtypes().filter(
    lambda kind: kind.kind in "biuf" and kind.itemsize <= 8 and kind.isnative
)
STATES = st.recursive(
    PLAIN | arrays.arrays(KINDS, arrays.array_shapes(min_dims=0, min_side=0, max_side=3)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
    max_leaves=8,
)


@given(STATES)
def test_what_is_saved_comes_back(tmp_path_factory: pytest.TempPathFactory, state: Any) -> None:
    place = tmp_path_factory.mktemp("run")
    Run(place, lambda metrics: True).save(state)
    np.testing.assert_equal(Run(place, lambda metrics: True).saved, state)


def test_epochs_told_before_it_was_saved_are_told_again(tmp_path: Path) -> None:
    run = Run(tmp_path / "run", lambda metrics: True)
    assert run.saved is None
    run.log(acc=1, loss=math.nan)
    run.log(acc=np.float32(2))
    run.save([1, (2, 3)])
    run.log(acc=3)
    told: list[dict[str, float]] = []
    again = Run(tmp_path / "run", lambda metrics: not told.append(metrics))  # type: ignore[func-returns-value]
    assert again.saved == [1, [2, 3]]
    np.testing.assert_equal(told, [{"acc": 1.0, "loss": math.nan}, {"acc": 2.0}])


def test_tensors_and_state_dicts_come_back(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    net = torch.nn.Linear(2, 1)
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.ones(2)).sum().backward()
    optimizer.step()
    Run(tmp_path, lambda metrics: True).save({"net": net.state_dict(), "optimizer": optimizer.state_dict()})
    saved = Run(tmp_path, lambda metrics: True).saved
    other = torch.nn.Linear(2, 1)
    other.load_state_dict(saved["net"])
    torch.optim.Adam(other.parameters()).load_state_dict(saved["optimizer"])
    assert torch.equal(other.weight, net.weight)


def test_what_cannot_be_saved_is_named_and_leaves_what_was_saved(tmp_path: Path) -> None:
    run = Run(tmp_path, lambda metrics: True)
    run.save(OrderedDict(a=1))
    for wrong in (object(), {"a": {1, 2}}, [np.array(["text"])], np.array([object()]), b"bytes"):
        with pytest.raises(TypeError, match="to save, got"):
            run.save(wrong)
    assert Run(tmp_path, lambda metrics: True).saved == {"a": 1}


def test_a_rule_ends_the_function_and_wrong_metrics_are_errors(tmp_path: Path) -> None:
    run = Run(tmp_path, lambda metrics: metrics["acc"] < 2)
    run.log(acc=1)
    with pytest.raises(Enough):
        run.log(acc=2)
    with pytest.raises(WrongMetrics, match='"acc" to be a number'):
        run.log(acc="high")
    assert not list(tmp_path.iterdir())
    assert run.directory == tmp_path
    assert FILE not in {path.name for path in run.directory.iterdir()}
