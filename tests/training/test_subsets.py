"""What looks at some samples of a part only looks at a random draw of it, however the part is sorted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import ignore, recipe

from seedbed.data.base import Prepared, Samples
from seedbed.engines.array_engine import ArrayEngine
from seedbed.training.artefacts import predictions
from seedbed.training.evaluation import FEWEST_IN_CURVE, PICTURE_SAMPLES, curve_samples
from seedbed.training.group import Group, Run
from seedbed.training.loop import train
from seedbed.training.networks import build

SIZE = 6000


def sorted_group(seeds: int = 2, variants: int = 2, loss: str = "cross_entropy") -> Group:
    """4,000 training and 1,000 validation and test samples of four classes, sorted by class in every part."""
    rng = np.random.default_rng(0)
    labels = np.sort(np.arange(SIZE) % 4)
    inputs = (rng.normal(size=(SIZE, 3)) + labels[:, None]).astype(np.float32)
    order = rng.permutation(SIZE).astype(np.int32)
    cuts = {"train": order[:4000], "val": order[4000:5000], "test": order[5000:]}
    parts = {name: np.sort(members) for name, members in cuts.items()}
    targets, classes = (labels, tuple("abcd")) if loss == "cross_entropy" else (labels[:, None] * 1.0, ())
    data = Prepared(Samples(inputs, targets, classes=classes), parts)
    of = recipe({"kind": "linear" if loss == "mse" else "logistic"}, {"loss": loss, "epochs": 2})
    runs = tuple(Run(f"v{v}", seed, of, data) for v in range(variants) for seed in range(seeds))
    return Group(runs, build(of.model, (3,), 4 if classes else 1))


@given(st.integers(1, 5000), st.sampled_from(["train", "val", "test"]))
def test_a_subset_is_drawn_without_replacement_and_the_same_for_all_variants_of_a_seed(count, part):
    of = sorted_group()
    whole, drawn = of.part(part), of.subset(part, count)
    assert drawn.shape == (4, min(count, whole.shape[1]))
    for own, members in zip(drawn, whole, strict=True):
        assert len(set(own.tolist())) == len(own)
        assert set(own.tolist()) <= set(members.tolist())
        assert (np.diff(own) > 0).all()  # the order of the part
    np.testing.assert_array_equal(drawn[:2], drawn[2:])
    if count < whole.shape[1] // 2:
        assert count < 5 or (drawn[0] != drawn[1]).any()  # another seed, another draw
        assert set(drawn[0].tolist()) <= set(of.subset(part, 2 * count)[0].tolist())


@pytest.mark.parametrize("count", [256, PICTURE_SAMPLES])
def test_a_subset_of_a_sorted_part_has_all_classes_in_their_shares(count):
    of = sorted_group(seeds=1, variants=1)
    shares = np.bincount(of.samples.targets[of.subset("train", count)[0]], minlength=4) / count
    np.testing.assert_allclose(shares, 0.25, atol=4 * np.sqrt(0.25 * 0.75 / count))


def test_training_curve_of_sorted_samples_is_that_of_the_whole_part():
    """The first rows are all of one class, whose accuracy says nothing of the part's."""

    outcome = train(sorted_group(), ArrayEngine, "val.accuracy", "max", ignore)
    columns = outcome.curves
    last = {}
    for variant, seed, metric, value in zip(
        *(columns[name] for name in ("variant", "seed", "metric", "value")), strict=True
    ):
        last[variant, seed, metric] = value
    for record in outcome.records:
        exact = record.metrics["train.accuracy"]
        error = np.sqrt(exact * (1 - exact) / FEWEST_IN_CURVE)
        assert abs(last[record.variant, record.seed, "train.accuracy"] - exact) < 4 * error


def test_stored_predictions_are_of_the_whole_range_of_a_sorted_part():
    of = sorted_group(loss="mse")
    part = np.arange(SIZE, dtype=np.int32)
    runs = []
    for one in of.runs:
        data = Prepared(one.prepared.samples, {"train": part[:10], "test": part[10:]})
        runs.append(Run(one.variant, one.seed, one.recipe, data))
    of = Group(tuple(runs), of.network)
    keys = of.keys("dropout"), of.keys("augment")
    engine = ArrayEngine(of.program(), of.data, of.initial_params(), of.initial_state(), *keys)
    stored = predictions(of, engine)
    assert len(stored["sample"]) == len(of.runs) * PICTURE_SAMPLES
    assert set(stored["target"].tolist()) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("sizes", "count"),
    [
        ({"train": 50_000, "val": 10_000, "test": 10_000}, 10_000),
        ({"train": 50_000, "val": 10}, FEWEST_IN_CURVE),
        ({"train": 60, "val": 13}, 60),
        ({"train": 50_000}, 50_000),
    ],
)
def test_training_curves_take_as_many_samples_as_the_other_parts(sizes, count):
    assert curve_samples(sizes) == count
