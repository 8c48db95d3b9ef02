"""The order of training samples: each epoch a permutation by seed, however the steps are cut into calls."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from made import group, recipe

from seedbed.engines.base import Batches
from seedbed.training.batches import BatchOrder
from seedbed.training.group import Group

SAMPLES = 60  # of the training part of made groups
sizes = st.one_of(st.integers(1, SAMPLES), st.just("all"))


def of(size: int | str, variants: int = 1, seeds: int = 2) -> Group:
    return group([recipe(training={"batch_size": size, "lr": 0.1 + one}) for one in range(variants)], seeds)


def taken(batches: Batches) -> list[np.ndarray]:
    """The samples of every step, (runs, batch)."""
    return [batches.indices[:, start:stop] for start, stop in map(batches.bounds, range(batches.steps))]


@given(sizes, st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_every_epoch_is_a_permutation_of_the_training_part(size: int | str, epoch: int) -> None:
    runs = of(size)
    per_epoch = runs.steps_per_epoch
    steps = taken(BatchOrder(runs).batches(epoch * per_epoch, per_epoch))
    assert all(step.shape[1] == runs.batch_size for step in steps[:-1])
    for run, order in zip(runs.runs, np.concatenate(steps, axis=1), strict=True):
        np.testing.assert_array_equal(np.sort(order), np.sort(run.prepared.parts["train"]))


@given(sizes, st.integers(0, 200), st.integers(1, 40), st.integers(1, 40))
@settings(max_examples=50, deadline=None)
def test_batches_do_not_depend_on_how_steps_are_cut_into_calls(
    size: int | str, first: int, left: int, right: int
) -> None:
    order = BatchOrder(of(size))
    whole = taken(order.batches(first, left + right))
    parts = taken(order.batches(first, left)) + taken(order.batches(first + left, right))
    assert len(whole) == len(parts)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)


def test_variants_of_a_seed_share_their_order_and_seeds_and_epochs_do_not() -> None:
    runs = of(16, variants=2)
    indices = BatchOrder(runs).batches(0, 8).indices.reshape(len(runs.runs), 2, SAMPLES)
    # Where each sample stands in its own training part, since seeds split the data differently.
    parts = [run.prepared.parts["train"].tolist() for run in runs.runs]
    order = np.array([np.vectorize(part.index)(own) for part, own in zip(parts, indices, strict=True)])
    np.testing.assert_array_equal(order[[0, 1]], order[[2, 3]])
    assert len({epoch.tobytes() for run in order[:2] for epoch in run}) == 4


@given(sizes, st.permutations(range(4)), st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_runs_that_are_kept_go_on_with_their_own_batches(
    size: int | str, runs: list[int], count: int
) -> None:
    whole, cut = BatchOrder(of(size, variants=2)), BatchOrder(of(size, variants=2))
    kept = np.array(runs[:count])
    cut.keep(kept)
    np.testing.assert_array_equal(cut.batches(3, 5).indices, whole.batches(3, 5).indices[kept])
