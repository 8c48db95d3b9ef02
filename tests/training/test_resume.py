"""Training that is saved, stopped anywhere and gone on with in new engines comes to the same bits."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from itertools import cycle
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import group, recipe
from resumed import EveryKth, assert_same, cuts, resumed, stored, trained
from study_files import small

from seedbed.api import Study
from seedbed.data.base import Prepared, Samples
from seedbed.engines.array_engine import ArrayEngine
from seedbed.engines.base import Batches
from seedbed.engines.fused.driver import FusedEngine
from seedbed.engines.side_by_side import SideBySide
from seedbed.engines.torch_engine import TorchEngine
from seedbed.optim import OPTIMIZERS
from seedbed.plan.plan import plan
from seedbed.recipe import Augment, CnnModel
from seedbed.study.checkpoints import Checkpoints, State, Stopped
from seedbed.study.crossing import SOURCES
from seedbed.study.events import Epoch
from seedbed.trainables.recipe_work import RecipeWork
from seedbed.training.group import Group, Run
from seedbed.training.networks import build
from seedbed.training.outcome import Outcome

ENGINES: dict[str, Any] = {"numpy": ArrayEngine, "fused": FusedEngine, "torch": TorchEngine}


def crossed() -> Group:
    """Runs whose split, order and initial draws have seeds of their own."""
    changes = {"study.seeds": 9, "study.vary_seeds": list(SOURCES), "model.dropout": 0.3}
    work = plan(Study.parse(small(changes | {"training.batch_size": 8}), "a.toml")).work
    assert isinstance(work, RecipeWork)
    return work.groups[0]


def images() -> Group:
    """Two small convolutional networks whose images are cropped and flipped."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 255, (60, 1, 6, 6)).astype(np.uint8), rng.integers(0, 3, 60)
    parts = {"train": np.arange(40, dtype=np.int32), "test": np.arange(40, 60, dtype=np.int32)}
    samples = Samples(x, y, classes=("a", "b", "c"), unit=(0, 1 / 255))
    model = CnnModel(kind="cnn", blocks=({"filters": 3, "kernel": 3},), norm="batch", dropout=0.2)
    one = recipe({"kind": "logistic"}, {"loss": "cross_entropy", "batch_size": 16, "epochs": 2})
    runs = tuple(Run("base", seed, one, Prepared(samples, parts)) for seed in range(2))
    return Group(runs, build(model, (1, 6, 6), 3, augment=Augment(crop=1, flip=True)))


def optimizers(name: str) -> Group:
    return group([recipe(training={"optimizer": name, "lr": 0.01, "epochs": 3 + n}) for n in range(2)])


def infinite_sample() -> Group:
    """A run that diverges in the middle of an epoch, in whose other batches its loss is finite."""
    of = group([recipe(training={"momentum": 0.9, "eval_every": 2})])
    one = of.runs[0].prepared
    one.samples.inputs[one.parts["train"][0]] = np.inf
    return of


RESTART = {"kind": "multi_step", "milestones": [2, 5], "factor": 0.5, "restart": True}
PLATEAU = {"kind": "plateau", "patience": 1, "factor": 0.5, "min_delta": 0.01}
BEST = {"lr": 0.3, "momentum": 0.9, "keep_best": True, "eval_every": 3}
FALLING = {"kind": "exponential", "factor": 0.8}
STOPS = [
    {"target": 2.55},
    {"tolerance": 0.02},
    {"patience": 2, "min_delta": 0.1},
    {"lr_below": 0.02},
    {"seconds": 1e9},
]

# Runs of a group end at different steps, so that some have ended where the others are saved.
GROUPS: dict[str, Callable[[], Group]] = {
    **{name: partial(optimizers, name) for name in OPTIMIZERS},
    "restarts": lambda: group(
        [recipe(training={"momentum": 0.9, "epochs": 7, "schedule": RESTART}), recipe()], seeds=1
    ),
    "plateau, warm-up": lambda: group(
        [
            recipe(training={"epochs": 9, "schedule": {**PLATEAU, "warmup": warmup}, "lr": lr})
            for lr, warmup in ((1e-9, 0), (0.2, 2))
        ]
    ),
    "best parameters": lambda: group(
        [recipe(training={**BEST, "epochs": 12}), recipe(training={**BEST, "steps": 13})]
    ),
    "stop conditions": lambda: group(
        [recipe(training={"epochs": 20, "stop": stop, "schedule": FALLING}) for stop in STOPS], seeds=1
    ),
    "dropout, batch norm": lambda: group(
        [recipe({"dropout": rate, "norm": "batch"}, {"optimizer": "adam"}) for rate in (0.5, 0.2)], seeds=1
    ),
    "penalties, clipping": lambda: group(
        [recipe(training={"weight_decay": 0.1, "l1": 0.01, "clip_norm": 0.5}), recipe()]
    ),
    "class weights": lambda: group(
        [recipe(training={"loss": "cross_entropy", "class_weight": "balanced", "label_smoothing": 0.1})]
    ),
    "gaps": lambda: group([recipe()], gaps=True),
    "claimed epochs": lambda: group([recipe(training={"epochs": 7, "eval_every": 4})]),
    "diverging": lambda: group([recipe(training={"lr": lr, "eval_every": 2}) for lr in (0.05, 40, 1e6)]),
    "infinite sample": infinite_sample,
    "full batch": lambda: group([recipe(training={"batch_size": "all", "epochs": 40})]),
    "crossed seeds": crossed,
    "images": images,
}
OPTIONS: dict[str, dict[str, Any]] = {
    "class weights": {"metric": "val.accuracy"},
    "images": {"metric": "test.accuracy"},
    "claimed epochs": {"claimed": {("test.mae", 3), ("val.mse", 5)}},
}
CASES = [
    (name, engine) for name in GROUPS for engine in ENGINES if (name, engine) != ("images", "fused")
]  # whose kernels have no convolutions


@cache
def whole(name: str, engine: str) -> tuple[Group, Outcome]:
    """A group, and what comes of it in one go."""
    of = GROUPS[name]()
    return of, trained(of, ENGINES[engine], **OPTIONS.get(name, {}))


@pytest.mark.parametrize(("name", "engine"), CASES)
@settings(max_examples=2, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=6), every=st.sampled_from([2, 3, 5, 8, 10**9])
)
def test_no_bit_depends_on_where_a_training_is_cut_into_calls_and_stopped(
    name: str, engine: str, lengths: list[int], every: int
) -> None:
    of, expected = whole(name, engine)
    with cuts(cycle(lengths).__next__):
        found, stops = resumed(of, ENGINES[engine], every, **OPTIONS.get(name, {}))
    assert stops > 0 or every > 3  # the shortest have three chances
    assert_same(found, expected)


@pytest.mark.parametrize("lengths", [[1], [1000], [9, 2, 30]])
def test_losses_are_added_one_after_another_however_a_training_is_cut(lengths: list[int]) -> None:
    of = group([recipe(training={"batch_size": 1, "epochs": 1})])
    said: list[np.ndarray] = []

    class Uneven(ArrayEngine):
        """Says losses of many magnitudes, whose sum depends on the order they are added in."""

        def train(self, batches: Batches, hyper: Any, first_step: int, frozen: Any = None) -> np.ndarray:
            losses = super().train(batches, hyper, first_step, frozen)
            steps = np.arange(first_step, first_step + batches.steps)
            said.append((losses * 10.0 ** (steps * 7 % 17 - 8)).astype(np.float32))
            return said[-1]

    with cuts(cycle(lengths).__next__):
        curves = trained(of, Uneven).curves
    losses, sums = np.concatenate(said, axis=1).astype(np.float64), np.zeros(len(of.runs))
    for step in range(losses.shape[1]):
        sums = sums + losses[:, step]
    assert losses.shape[1] == 60
    assert curves["value"][curves["metric"] == "train.loss"].tolist() == (sums / 60).tolist()


def test_each_of_them_does_what_it_is_there_for() -> None:
    """Or nothing would be shown by them."""
    reasons = {record.stop_reason for record in whole("stop conditions", "numpy")[1].records}
    assert reasons == {"target", "tolerance", "patience", "lr below 0.02", None}
    statuses = [record.status for record in whole("diverging", "numpy")[1].records]
    assert {"complete", "diverged"} == set(statuses)
    rates = whole("plateau, warm-up", "numpy")[1].curves
    assert len(set(rates["value"][rates["metric"] == "lr"])) > 5


class Every(Checkpoints):
    """Keeps all states, as they come back from files."""

    def __init__(self) -> None:
        self.states: list[State] = []

    def due(self, at_end: bool = False) -> bool:
        return True

    def save(self, state: State) -> None:
        self.states.append(stored(state))


class From(Checkpoints):
    """Goes on from a state and saves nothing."""

    def __init__(self, state: State) -> None:
        self.resume_from = state


def test_after_the_last_step_only_the_evaluation_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    of, expected = whole("best parameters", "numpy")
    checkpoints = Every()
    assert_same(trained(of, ArrayEngine, checkpoints=checkpoints), expected)

    def never(*_: object) -> None:
        raise AssertionError("nothing was left to train")

    monkeypatch.setattr(ArrayEngine, "train", never)
    last = checkpoints.states[-1]
    assert not any(name.startswith("engine/") for name in last.arrays)
    found = trained(of, ArrayEngine, checkpoints=From(last))
    assert_same(found, expected)
    seconds = [record.seconds for record in found.records]
    assert seconds == last.arrays["loop/seconds"].tolist()  # of the training, not of what came after


def test_every_state_that_is_saved_is_whole_and_hardly_larger_than_what_it_is_of() -> None:
    of, expected = whole("dropout, batch norm", "numpy")
    checkpoints = Every()
    with cuts(lambda: 1):
        trained(of, ArrayEngine, checkpoints=checkpoints)
    assert len(checkpoints.states) == 4 * of.steps_per_epoch + 1
    for state in checkpoints.states[::3]:
        assert_same(trained(of, ArrayEngine, checkpoints=From(state)), expected)
    size = sum(array.nbytes for array in checkpoints.states[-2].arrays.values())
    # Parameters and the two slots of adam; the other arrays are of a few numbers each.
    assert size < 3 * of.initial_params().nbytes + 1500


def test_a_state_of_other_runs_is_not_gone_on_with() -> None:
    of, expected = whole("penalties, clipping", "numpy")
    checkpoints = EveryKth(2)
    with cuts(lambda: 3), pytest.raises(Stopped):
        trained(of, ArrayEngine, checkpoints=checkpoints)
    state = checkpoints.resume_from
    assert state is not None
    half = Group(of.runs[:2], of.network)
    assert_same(trained(half, ArrayEngine, checkpoints=From(state)), trained(half, ArrayEngine))
    other = State(state.arrays, {**state.facts, "of": {**state.facts["of"], "format": 0}})
    assert_same(trained(of, ArrayEngine, checkpoints=From(other)), expected)


def test_time_limits_and_seconds_count_on() -> None:
    of = group([recipe(training={"epochs": 500, "stop": {"seconds": 1000}})], seeds=1)
    checkpoints = EveryKth(30)
    with pytest.raises(Stopped):
        trained(of, ArrayEngine, checkpoints=checkpoints)
    state = checkpoints.resume_from
    assert state is not None
    early = State({**state.arrays, "loop/elapsed": np.array(2000.0)}, state.facts)
    (record,) = trained(of, ArrayEngine, checkpoints=From(early)).records
    assert (record.status, record.stop_reason) == ("stopped", "time")
    assert record.epochs == state.facts["loop"]["step"] // of.steps_per_epoch + 1
    assert record.seconds is not None
    assert record.seconds > state.arrays["loop/seconds"][0] > 0


def test_events_go_on_where_they_stopped() -> None:
    of, _ = whole("best parameters", "numpy")
    events: list[Epoch] = []
    told: list[Epoch] = []
    train(of, events)
    state = None
    while True:
        checkpoints = EveryKth(3, state)
        try:
            train(of, told, checkpoints)
        except Stopped:
            state = checkpoints.resume_from
        else:
            break
    assert told == events


def train(of: Group, events: list[Any], checkpoints: Checkpoints | None = None) -> None:
    from seedbed.training.loop import train

    train(replace(of), ArrayEngine, "val.mse", "min", events.append, checkpoints=checkpoints or Checkpoints())


# --- an error or an interrupt at any line -----------------------------------------------------------------

PACKAGE = str(Path(sys.modules["seedbed"].__file__ or "").parent)


class Unplugged(BaseException):
    """Raised anywhere, as KeyboardInterrupt is in a program that does not hold it off."""


@contextmanager
def unplugged_at(count: int) -> Iterator[list[int]]:
    """Raise at the count-th line that the caller's thread passes in training and engines; gives how many it passed."""
    passed = [0]

    def trace(frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        name = frame.f_code.co_filename
        if not name.startswith((f"{PACKAGE}/training", f"{PACKAGE}/engines")) or "<" in name:
            return None
        if frame.f_code.co_name == "close":  # how an engine ends is not what this is about
            return None
        if event == "line":
            passed[0] += 1
            if passed[0] == count:
                raise Unplugged
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield passed
    finally:
        sys.settrace(before)


def side_by_side(program: Any, *taken: Any) -> SideBySide:
    return SideBySide(partial(ArrayEngine, program), Event(), 2, 2, lambda: None, *taken)


@pytest.mark.parametrize("engine_class", [ArrayEngine, side_by_side], ids=["numpy", "side by side"])
def test_an_error_at_any_line_leaves_what_was_saved_before(engine_class: Any) -> None:
    of = group(
        [
            recipe({"norm": "batch"}, {"steps": 3, "batch_size": 30, "momentum": 0.5}),
            recipe({"norm": "batch"}, {"steps": 5, "batch_size": 30, "momentum": 0.5, "keep_best": True}),
        ],
        seeds=1,
    )
    expected = trained(of, engine_class)
    with cuts(lambda: 1), unplugged_at(-1) as passed:
        trained(of, engine_class, checkpoints=Every())
    moments = np.random.default_rng(0).integers(1, 0.9 * passed[0], 40)  # a few lines more or less are passed
    for count in moments.tolist():
        checkpoints = Every()
        with cuts(lambda: 1), unplugged_at(count), pytest.raises(Unplugged):
            trained(of, engine_class, checkpoints=checkpoints)
        for state in checkpoints.states[-1:]:
            assert_same(trained(of, engine_class, checkpoints=From(state)), expected, f"line {count}")
