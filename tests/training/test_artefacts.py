"""Artefacts of a trained group: confusion matrices, and the mistakes that a run stores with their images."""

import numpy as np
import pytest
from made import recipe

from seedbed.data.base import Prepared, Samples
from seedbed.training import artefacts
from seedbed.training.artefacts import (
    MOST_MISTAKES,
    by_sample,
    confusion_and_mistakes,
    joined,
    pixels,
    shared_draw,
)
from seedbed.training.group import Group, Run
from seedbed.training.networks import build

TRAIN, TESTED = 5, 40


class Oracle:
    """An engine that predicts the outputs it was made with."""

    def __init__(self, outputs):
        self.outputs = outputs

    def predict(self, indices, runs=None):
        own = self.outputs if runs is None else self.outputs[runs]
        return np.stack([outputs[row] for outputs, row in zip(own, indices, strict=True)])


def images(dtype=np.uint8, channels=1, size=3):
    count = TRAIN + TESTED
    pixels = np.arange(count * channels * size * size).reshape(count, channels, size, size) % 251
    return pixels.astype(dtype)


def group(inputs, loss="cross_entropy", variants=1, seeds=2, part="test", unit=(0, 1 / 255)):
    classes = ("no", "yes") if loss == "bce" else ("a", "b", "c")
    targets = (np.arange(len(inputs)) % len(classes)).astype(np.int64)
    numbers = np.arange(len(inputs), dtype=np.int32)
    samples = Samples(inputs, targets, classes=classes, unit=unit)
    data = Prepared(samples, {"train": numbers[:TRAIN], part: numbers[TRAIN:]})
    of = recipe({"kind": "logistic"}, {"loss": loss})
    outputs = 1 if loss == "bce" else len(classes)
    runs = tuple(Run(f"v{v}", seed, of, data) for v in range(variants) for seed in range(seeds))
    return Group(runs, build(of.model, inputs.shape[1:], outputs))


def answers(of, outputs):
    return confusion_and_mistakes(of, Oracle(outputs))


def right_answers(of, sure=5.0):
    """(runs, samples, classes) logits that are all right."""
    truth = np.eye(of.network.outputs)[of.samples.targets]
    return np.repeat(sure * truth[None], len(of.runs), axis=0).astype(np.float32)


def test_surest_mistakes_come_first_with_their_images():
    of = group(images())
    outputs = right_answers(of)
    outputs[0, 7] = [0, 0, 4]  # truly b
    outputs[0, 30] = [0, 9, 0]  # truly a
    outputs[0, 2] = [0, 9, 9]  # a mistake in training is not asked about
    outputs[1, 12] = [0, 9, 0]  # nor one under another seed
    confusion, mistakes = answers(of, outputs)
    assert mistakes["sample"].tolist() == [30, 7]
    assert mistakes["true"].tolist() == ["a", "b"]
    assert mistakes["answered"].tolist() == ["b", "c"]
    np.testing.assert_allclose(mistakes["confidence"], [1 / (1 + 2 * np.exp(-9)), 1 / (1 + 2 * np.exp(-4))])
    assert {(mistakes[side][0]) for side in ("height", "width")} == {3}
    for index, sample in enumerate((30, 7)):
        assert mistakes["image"][index] == of.samples.inputs[sample].tobytes()
    assert confusion[0, 0, 1] == confusion[0, 1, 2] == confusion[1, 0, 1] == 1


def test_one_logit_speaks_for_the_second_class():
    of = group(images(channels=3), loss="bce")
    outputs = np.where(of.samples.targets == 1, 5.0, -5.0)[None, :, None].repeat(2, axis=0)
    outputs[0, 10] = 3.0  # truly no
    _, mistakes = answers(of, outputs)
    assert (mistakes["true"].tolist(), mistakes["answered"].tolist()) == (["no"], ["yes"])
    np.testing.assert_allclose(mistakes["confidence"], 1 / (1 + np.exp(-3)))


def test_every_variant_has_its_own_and_only_so_many_of_them():
    of = group(images(), variants=2, part="val")
    outputs = right_answers(of)
    outputs[0] = -outputs[0]  # all wrong
    outputs[2, 7] = [9, 0, 0]  # truly b
    _, mistakes = answers(of, outputs)
    assert mistakes["variant"].tolist() == ["v0"] * MOST_MISTAKES + ["v1"]
    assert set(mistakes["part"]) == {"val"}


@pytest.mark.parametrize(
    ("inputs", "spoil"),
    [
        pytest.param(images(), 0.0, id="no mistake"),
        pytest.param(images(), np.nan, id="diverged"),
        pytest.param(images(channels=2), -1.0, id="two channels are no picture"),
        pytest.param(images()[:, 0, 0], -1.0, id="rows of a table"),
    ],
)
def test_without_mistakes_to_look_at_nothing_is_kept(inputs, spoil):
    of = group(inputs)
    outputs = right_answers(of)
    confusion, mistakes = answers(of, outputs * spoil if spoil else outputs)
    assert confusion is not None
    assert mistakes is None


@pytest.mark.parametrize(
    ("values", "unit", "seen"),
    [
        ([0, 7, 255], (0, 1 / 255), [0, 7, 255]),
        ([0, 8, 16], (0, 1 / 16), [0, 128, 255]),
        ([0.0, 0.2, 0.4], (0, 1), [0, 51, 102]),
        ([-1.0, 0.0, 3.0], (0, 1), [0, 64, 255]),
    ],
)
def test_pixels_are_whole_numbers_whatever_the_source_gives(values, unit, seen):
    dtype = np.uint8 if unit[1] < 1 else np.float32
    inputs = np.array(values, dtype).reshape(1, 1, 1, 3)
    shown = pixels(Samples(inputs, np.zeros(1, np.int64), unit=unit), np.array([0]))
    assert (shown.dtype, shown.ravel().tolist()) == (np.uint8, seen)


def test_images_of_different_sizes_are_joined():
    tables = []
    for size in (3, 5):
        of = group(images(size=size))
        tables.append(answers(of, -right_answers(of))[1])
    sizes = {len(image) for image in joined(tables)["image"]}
    assert sizes == {9, 25}


# --- single samples --------------------------------------------------------------------------------------

BOTH = {"v0": ("test.accuracy", "test.loss"), "v1": ("test.loss",)}


def test_metrics_are_kept_sample_by_sample_for_each_variant_as_asked():
    of = group(images(), variants=2)
    outputs = right_answers(of)
    outputs[0, 7] = [0, 0, 4]  # truly b
    kept = by_sample(of, Oracle(outputs), BOTH)
    rows = list(zip(kept["variant"], kept["seed"], kept["metric"], kept["values"], strict=True))
    assert sorted(row[:3] for row in rows) == sorted(
        (name, seed, metric) for name in BOTH for seed in (0, 1) for metric in BOTH[name]
    )
    assert {(values.shape, values.dtype) for *_, values in rows} == {((TESTED,), np.dtype(np.float32))}
    found = {row[:3]: row[3] for row in rows}
    assert np.flatnonzero(found["v0", 0, "test.accuracy"] == 0).tolist() == [7 - TRAIN]
    right = np.log(1 + 2 * np.exp(-5))
    np.testing.assert_allclose(found["v1", 1, "test.loss"], np.full(TESTED, right), rtol=1e-5)


def test_runs_that_diverged_have_no_single_samples():
    of = group(images())
    outputs = right_answers(of)
    outputs[1, 20, 0] = np.nan
    kept = by_sample(of, Oracle(outputs), BOTH)
    assert kept["seed"].tolist() == [0, 0]


def test_nothing_is_kept_where_nothing_is_asked():
    of = group(images())
    outputs = Oracle(right_answers(of))
    assert by_sample(of, outputs, {}) is None
    assert by_sample(of, outputs, {"v0": ("val.accuracy", "test.auc"), "other": ("test.accuracy",)}) is None


def test_of_many_samples_the_same_draw_is_kept_of_all_runs(monkeypatch):
    monkeypatch.setattr(artefacts, "MOST_BY_SAMPLE", 10)
    of = group(images(), variants=2)
    drawn = shared_draw(of, "test")
    assert len(drawn) == len(set(drawn.tolist())) == 10
    outputs = (
        np.broadcast_to(np.arange(len(of.samples.targets))[:, None], (len(of.samples.targets), 3))
        * np.eye(3)[0]
    )
    kept = by_sample(
        of, Oracle(np.repeat(outputs[None], 4, axis=0)), {"v1": ("test.loss",), "v0": ("test.loss",)}
    )
    numbers = TRAIN + drawn
    expected = np.log(np.exp(numbers) + 2) - numbers * (of.samples.targets[numbers] == 0)
    for values in kept["values"]:
        np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-6)
