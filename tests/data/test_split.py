"""Splits are disjoint, complete, drawn from the seed alone and, when asked, in proportion to the classes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed import draws as random
from seedbed.data import DataError
from seedbed.data.split import split
from seedbed.recipe import Data, Folds

THREE = (0.6, 0.2, 0.2)


def parts(settings, n=100, targets=None, official_test=0, seed=0, study_seed=0):
    targets = np.zeros((n, 1), np.float32) if targets is None else targets
    return split(settings, targets, official_test=official_test, study_seed=study_seed, seed=seed)


def sizes(found):
    return {name: len(members) for name, members in found.items()}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"split": THREE}, {"train": 60, "val": 20, "test": 20}),
        ({"split": (0.8, 0.1, 0.1)}, {"train": 80, "val": 10, "test": 10}),
        ({"split": (50, 30, 20)}, {"train": 50, "val": 30, "test": 20}),
        ({"split": (10, 5, 5)}, {"train": 10, "val": 5, "test": 5}),
        ({"split": (0.3, 0.1, 0.1)}, {"train": 30, "val": 10, "test": 10}),
        ({"split": (0.9, 0, 0.1)}, {"train": 90, "test": 10}),
        ({"split": (0.9, 0.1, 0.0)}, {"train": 90, "val": 10}),
        ({"split": (1.0, 0, 0)}, {"train": 100}),
        ({"split": THREE, "fit_on": "train+val"}, {"train": 80, "test": 20}),
        ({"split": THREE, "fit_on": "all"}, {"train": 100}),
        ({"split": (0.3, 0.1, 0.1), "fit_on": "all"}, {"train": 100}),
        ({"split": (0.9, 0, 0.1), "fit_on": "train+val"}, {"train": 90, "test": 10}),
        ({"split": Folds(folds=5)}, {"train": 60, "val": 20, "test": 20}),
        ({"split": Folds(folds=3, fold=2)}, {"train": 33, "val": 34, "test": 33}),
    ],
)
def test_sizes(settings, expected):
    assert sizes(parts(Data(**settings))) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"split": (0.75, 0.25)}, {"train": 60, "val": 20, "test": 20}),
        ({"split": (50, 10)}, {"train": 50, "val": 10, "test": 20}),
        ({"split": (1.0, 0.0)}, {"train": 80, "test": 20}),
        ({"split": (50, 10), "fit_on": "train+val"}, {"train": 60, "test": 20}),
        ({"split": (50, 10), "fit_on": "all"}, {"train": 100}),
        ({"split": Folds(folds=4, fold=1)}, {"train": 60, "val": 20, "test": 20}),
    ],
)
def test_an_official_test_part_stays(settings, expected):
    found = parts(Data(**settings), official_test=20)
    assert sizes(found) == expected
    if "test" in found:
        np.testing.assert_array_equal(found["test"], np.arange(80, 100))


@given(
    n=st.integers(20, 300),
    fractions=st.tuples(st.floats(0.1, 0.4), st.floats(0.1, 0.3), st.floats(0.1, 0.3)),
    stratify=st.booleans(),
    fit_on=st.sampled_from(["train", "train+val"]),
    seed=st.integers(0, 1000),
)
def test_parts_are_disjoint_sorted_and_of_the_size_asked_for(n, fractions, stratify, fit_on, seed):
    classes = np.arange(n) % 3
    found = parts(Data(split=fractions, stratify=stratify, fit_on=fit_on), targets=classes, seed=seed)
    everything = np.concatenate(list(found.values()))
    assert len(np.unique(everything)) == len(everything)
    assert everything.min() >= 0
    assert everything.max() < n
    wanted = dict(zip(("train", "val", "test"), fractions, strict=True))
    if fit_on == "train+val":
        wanted = {"train": fractions[0] + fractions[1], "test": fractions[2]}
    for name, members in found.items():
        assert members.dtype == np.int32
        assert (np.diff(members) > 0).all()
        assert abs(len(members) - wanted[name] * n) <= 1


@given(
    counts=st.lists(st.integers(2, 60), min_size=2, max_size=5),
    shuffle=st.integers(0, 100),
    seed=st.integers(0, 1000),
)
def test_stratified_parts_hold_each_class_in_proportion(counts, shuffle, seed):
    classes = np.random.default_rng(shuffle).permutation(np.repeat(np.arange(len(counts)), counts))
    n = len(classes)
    if n < 10:
        return
    for members in parts(Data(split=THREE, stratify=True), targets=classes, seed=seed).values():
        for name, count in enumerate(counts):
            found = (classes[members] == name).sum()
            # Any stretch holds a class's proportion to within 1; all classes together miss the part's size by
            # less than one a class.
            assert abs(found - count * len(members) / n) < 1 + len(counts) * count / n


def test_stratifying_matters():
    """What the property above promises, a plain split does not keep."""
    classes = np.repeat([0, 1], [900, 100])
    spread = {
        stratify: np.std(
            [
                (classes[parts(Data(stratify=stratify), targets=classes, seed=seed)["test"]] == 1).sum()
                for seed in range(50)
            ]
        )
        for stratify in (True, False)
    }
    assert spread[True] < 1 < 2 < spread[False]


@pytest.mark.parametrize("stratify", [False, True])
@pytest.mark.parametrize("official_test", [0, 20])
def test_folds_take_turns(stratify, official_test):
    classes = np.arange(100) % 4
    found = [
        parts(
            Data(split=Folds(folds=5, fold=fold), stratify=stratify),
            targets=classes,
            official_test=official_test,
        )
        for fold in range(5)
    ]
    turning = "val" if official_test else "test"
    together = np.sort(np.concatenate([fold[turning] for fold in found]))
    np.testing.assert_array_equal(together, np.arange(100 - official_test))
    for fold, following in zip(found, found[1:] + found[:1], strict=True):
        assert not set(fold["train"]) & (set(fold["val"]) | set(fold["test"]))
        assert sum(map(len, fold.values())) == 100
        if not official_test:
            np.testing.assert_array_equal(fold["val"], following["test"])


@pytest.mark.parametrize("stratify", [False, True])
def test_a_split_follows_from_its_seeds_alone(stratify):
    classes = np.arange(100) % 2
    settings = Data(split=THREE, stratify=stratify)
    first = parts(settings, targets=classes)
    again = parts(settings.model_copy(update={"scale": "standard", "powers": 3}), targets=classes)
    for name, members in first.items():
        np.testing.assert_array_equal(members, again[name])
    for other in (parts(settings, targets=classes, seed=1), parts(settings, targets=classes, study_seed=1)):
        assert set(other["test"]) != set(first["test"])


def test_the_draw_is_the_documented_one():
    """Stored studies stand on it: the parts are slices of one permutation of the purpose "split", test first."""
    order = random.generator(3, 7, "split").permutation(100)
    found = parts(Data(split=THREE), study_seed=3, seed=7)
    for name, members in (("test", order[:20]), ("val", order[20:40]), ("train", order[40:])):
        np.testing.assert_array_equal(found[name], np.sort(members))


def test_variants_of_the_training_part_keep_the_others():
    large, small = parts(Data(split=THREE)), parts(Data(split=(0.1, 0.2, 0.2)))
    joined = parts(Data(split=THREE, fit_on="train+val"))
    np.testing.assert_array_equal(large["test"], small["test"])
    np.testing.assert_array_equal(large["val"], small["val"])
    assert set(small["train"]) < set(large["train"])
    np.testing.assert_array_equal(joined["test"], large["test"])
    assert set(joined["train"]) == set(large["train"]) | set(large["val"])


def test_the_order_of_samples_is_mixed():
    test = parts(Data(split=THREE), n=1000)["test"]
    assert abs(test.mean() - 500) < 80


@pytest.mark.parametrize(
    ("settings", "n", "official_test", "says"),
    [
        ({"split": (0.9, 0.1)}, 100, 0, "2 entries, but this source has no test part.*train, val and test"),
        (
            {"split": THREE},
            100,
            20,
            "3 entries, but this source has a test part of its own: give train and val",
        ),
        ({"split": (90, 10, 10)}, 100, 0, "asks for 110 samples; there are 100"),
        ({"split": (90, 10)}, 100, 20, "asks for 100 samples; there are 80"),
        ({"split": (0.98, 0.01, 0.01)}, 20, 0, "leaves no sample for test out of 20"),
        ({"split": (0.01, 0.5, 0.49)}, 10, 0, "leaves no sample for train out of 10"),
        ({"split": Folds(folds=11)}, 10, 0, "11 folds of 10 samples"),
        ({"stratify": True}, 100, 0, "stratify needs classes"),
    ],
)
def test_refused(settings, n, official_test, says):
    with pytest.raises(DataError, match=says):
        parts(Data(**settings), n=n, official_test=official_test)
