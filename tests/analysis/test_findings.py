"""Each finding is made where it should be, and not where it should not."""

from dataclasses import replace

import numpy as np
import pytest

from seedbed.analysis.checks.base import Finding, RunCheck
from seedbed.analysis.evidence import Evidence, Gradient, Units, output_spread
from seedbed.analysis.findings import CHECKS, find, kinds_in, summed

T = np.arange(100.0)
NOISE = np.random.default_rng(4).normal(size=100)
CONVERGED = 0.1 + np.exp(-T / 5)
HEALTHY = Evidence("base", 0, "complete", None, True, CONVERGED, 1.1 * CONVERGED, 0.5)
NOTHING = np.zeros(0)


def gradients(first: list[float], last: list[float], lr: float = 0.1) -> tuple[Gradient, ...]:
    return tuple(Gradient(str(i), a, b, lr * a) for i, (a, b) in enumerate(zip(first, last, strict=True)))


# What differs from a healthy run, and what is found.
ROWS = {
    "healthy": ({}, []),
    "no validation part": ({"val_loss": NOTHING}, []),
    "no evaluation": ({"train_loss": NOTHING, "val_loss": NOTHING}, []),
    "one evaluation": ({"train_loss": np.ones(1), "val_loss": np.ones(1)}, []),
    "spread not measured": ({"output_spread": None}, []),
    "noise on a level": (
        {"train_loss": 2.3 + 0.001 * NOISE, "val_loss": 2.3 + 0.001 * NOISE[::-1]},
        ["plateaued"],
    ),
    "much noise on a level": ({"train_loss": 2.3 + 0.3 * NOISE, "val_loss": 2.3 + 0.3 * NOISE[::-1]}, []),
    "at its optimum after a tenth": (
        {"train_loss": 0.1 + np.exp(-T), "val_loss": 0.2 + np.exp(-T)},
        ["plateaued"],
    ),
    "at its optimum, but stopped": (
        {"train_loss": 0.1 + np.exp(-T), "val_loss": 0.2 + np.exp(-T), "status": "stopped"},
        [],
    ),
    "at its optimum, but validation gains": ({"train_loss": 0.1 + np.exp(-T), "val_loss": CONVERGED}, []),
    "at its optimum after a third": ({"train_loss": 0.1 + np.exp(-T / 8), "val_loss": NOTHING}, []),
    "at an optimum of 0": ({"train_loss": np.maximum(0, 1 - T), "val_loss": NOTHING}, []),
    "few evaluations on a level": ({"train_loss": np.ones(19), "val_loss": np.ones(19)}, []),
    "the gap grows": (
        {"train_loss": 0.001 + np.exp(-T / 20), "val_loss": 0.5 + np.exp(-T / 5)},
        ["still_falling", "gap_growing"],
    ),
    "the gap grows but the best is kept": (
        {"train_loss": 0.001 + np.exp(-T / 20), "val_loss": 0.5 + np.exp(-T / 5), "keeps_best": True},
        ["still_falling"],
    ),
    "the gap grows while validation falls": (
        {"train_loss": np.exp(-T / 10), "val_loss": np.exp(-T / 15)},
        ["still_falling"],
    ),
    "a gap that stays": ({"train_loss": CONVERGED, "val_loss": 5 * CONVERGED}, []),
    "diverged": (
        {
            "status": "diverged",
            "train_loss": np.where(T > 50, np.nan, 2.0**T),
            "val_loss": np.where(T > 50, np.nan, 2.0**T),
        },
        ["diverged"],
    ),
    "diverged in the first step": ({"status": "diverged", "moved": False}, ["diverged"]),
    "never moved": ({"moved": False, "train_loss": np.full(100, 2.3)}, ["never_moved"]),
    "constant before it moved": ({"moved": False, "output_spread": 0.0}, ["never_moved"]),
    "falling in a line": ({"train_loss": 2 - T / 100}, ["still_falling"]),
    "falling under noise": ({"train_loss": 2 - T / 100 + 0.03 * NOISE}, ["still_falling"]),
    "falling by a thousandth, as far as it ever fell": (
        {"train_loss": 0.6931 - 1e-5 * T},
        ["rate_too_low"],
    ),
    "falling a little, ever more slowly": ({"train_loss": 1 + 0.2 * np.exp(-T / 50)}, ["still_falling"]),
    "falling a little in a line": ({"train_loss": 1 - T / 500 + 0.001 * NOISE}, ["rate_too_low"]),
    "falling by next to nothing in a line": (
        {"train_loss": 1 - 1e-5 * T, "val_loss": 1 - 1e-5 * T},
        ["rate_too_low"],
    ),
    "falling a little in a line, in 19 evaluations": ({"train_loss": (1 - T / 100)[:19]}, ["still_falling"]),
    "falling through the decades": ({"train_loss": np.exp(-T / 10)}, ["still_falling", "gap_growing"]),
    "falling but stopped": ({"train_loss": 2 - T / 100, "status": "stopped"}, []),
    "overfit": ({"val_loss": CONVERGED + T / 200, "train_loss": 1 / (1 + T**2)}, ["overfit"]),
    "overfit but the best is kept": (
        {"val_loss": CONVERGED + T / 200, "train_loss": 2 - T / 100, "keeps_best": True},
        [],
    ),
    "validation and training rose": ({"val_loss": CONVERGED + T / 200, "train_loss": 1 + T / 200}, []),
    "noisy validation": ({"val_loss": 1 + 0.05 * NOISE, "train_loss": CONVERGED}, []),
    "constant output": ({"output_spread": 1e-7}, ["constant_output"]),
    "one dead channel": ({"rectified": (Units(64, 0), Units(64, 1, images=True))}, ["dead_units"]),
    "half of a dense layer is dead": ({"rectified": (Units(600, 0), Units(10, 5))}, ["dead_units"]),
    "less than half of a dense layer is dead": ({"rectified": (Units(600, 299), Units(9, 4))}, []),
    "all units alive": ({"rectified": (Units(1, 0, images=True), Units(1, 0))}, []),
    "half of a layer is saturated": (
        {"saturated": (Units(600, 0), Units(10, 5))},
        ["saturated_units"],
    ),
    "less than half of a layer is saturated": ({"saturated": (Units(600, 299), Units(9, 4))}, []),
    "saturated and diverged": ({"saturated": (Units(8, 8),), "status": "diverged"}, ["diverged"]),
    "gradients of about one size": ({"gradients": gradients([0.1, 1, 10], [1, 0.001, 0.1])}, []),
    "the gradient vanishes on its way": (
        {"gradients": gradients([1e-3, 1e-6, 1], [1e-5, 1e-4, 2])},
        ["vanishing_gradients"],
    ),
    "the gradient is small where it enters": ({"gradients": gradients([1, 1, 1e-6], [1, 1, 1e-6])}, []),
    "the gradient vanishes at the start alone": ({"gradients": gradients([1e-6, 1], [1, 1])}, []),
    "the gradient vanishes at the end alone": ({"gradients": gradients([1, 1], [0, 1])}, []),
    "the gradient vanishes and it diverged": (
        {"gradients": gradients([1e-6, 1], [1e-6, 1]), "status": "diverged"},
        ["diverged"],
    ),
    "no gradient anywhere": ({"gradients": gradients([0, 0], [0, 0])}, []),
    "one layer": ({"gradients": gradients([1e-9], [1e-9])}, []),
    "the first step is long": ({"gradients": gradients([100, 1], [1, 1], 0.11)}, ["exploding_gradients"]),
    "the first step is as long as weights": ({"gradients": gradients([100, 1], [1, 1], 0.1)}, []),
    "gradients are infinite from the start": (
        {"gradients": gradients([np.inf, np.inf], [np.nan, np.nan]), "status": "diverged"},
        ["diverged", "exploding_gradients"],
    ),
    "gradients are no numbers from the start": (
        {"gradients": gradients([np.nan, np.nan], [np.nan, np.nan]), "status": "diverged"},
        ["diverged"],
    ),
    "dead and diverged": ({"rectified": (Units(8, 8),), "status": "diverged"}, ["diverged"]),
    "dead from the start": ({"rectified": (Units(8, 8),), "moved": False}, ["never_moved"]),
}


@pytest.mark.parametrize("name", ROWS)
def test_one_run(name):
    changes, kinds = ROWS[name]
    record = replace(HEALTHY, **changes)
    found = find([record])
    assert [finding.kind for finding in found] == kinds
    # What is stored of a record gives the same findings, without its losses.
    assert summed([(Evidence.from_json(record.to_json()), kinds_in(record))]) == found


def test_every_check_has_a_row():
    of_runs = {kind for kind, check in CHECKS.items() if isinstance(check, RunCheck)}
    assert {kind for _, kinds in ROWS.values() for kind in kinds} == of_runs


def test_noise_rarely_looks_like_a_fall():
    noise = np.random.default_rng(1).normal(2.3, 0.05, size=(300, 100))
    found = find([replace(HEALTHY, train_loss=loss, val_loss=NOTHING) for loss in noise])
    assert sum(finding.runs for finding in found if finding.kind != "plateaued") <= 6


def test_findings_count_runs_by_variant_and_kind():
    broken = replace(HEALTHY, status="diverged")
    dead = replace(HEALTHY, variant="lr=1", output_spread=0.0)
    records = [HEALTHY, replace(HEALTHY, variant="lr=1"), broken, dead, broken, replace(dead, moved=False)]
    found = find(records)
    assert [(one.variant, one.kind, one.runs) for one in found] == [
        ("base", "diverged", 2),
        ("lr=1", "never_moved", 1),
        ("lr=1", "constant_output", 1),
    ]
    assert isinstance(found[0], Finding)
    assert found[0].message.startswith("2 of 3 runs diverged")
    assert "training.lr" in found[0].message


def test_dead_units_are_counted_in_the_layer_that_lost_the_largest_share():
    layers = [
        (Units(64, 2, images=True), Units(600, 300)),
        (Units(10, 9), Units(64, 9, images=True)),
        (Units(64, 0, images=True), Units(4, 1)),
    ]
    (found,) = find([replace(HEALTHY, seed=seed, rectified=own) for seed, own in enumerate(layers)])
    assert found.message.startswith(
        "2 of 3 runs have dead units (up to 9 of 10 units of a layer, on 0 samples): they are zero"
    )
    (found,) = find([replace(HEALTHY, rectified=layers[0][:1])])
    assert "up to 2 of 64 channels of a layer" in found.message


def test_output_spread_is_a_share_of_the_size_of_the_output_that_varies_most():
    wave = np.sin(np.linspace(0, 20 * np.pi, 10_000, endpoint=False))
    outputs = np.zeros((5, 10_000, 2))
    outputs[0, :, 1] = 1e6 * wave
    outputs[1] = 3.0
    outputs[2, :, 0] = 100 + wave
    outputs[4, 3, 1] = np.nan
    np.testing.assert_allclose(
        output_spread(outputs), [1, 0, np.sqrt(0.5) / 100, 0, np.nan], rtol=1e-3, atol=1e-9
    )


def test_what_is_said_of_networks_is_of_the_worst_run():
    runs = [
        replace(
            HEALTHY,
            seed=seed,
            saturated=(Units(10, idle, samples=256),),
            gradients=gradients([small, 1, 20 * idle], [small, 1, 20 * idle]),
        )
        for seed, idle, small in ((0, 5, 1e-6), (1, 9, 1e-8), (2, 0, 1))
    ]
    messages = {found.kind: found.message for found in find(runs)}
    assert messages["saturated_units"].startswith(
        "2 of 3 runs have saturated units (up to 9 of 10 units of a layer, on 256 samples)"
    )
    assert "(layer 2 moves by 18 times its size)" in messages["exploding_gradients"]
    assert "(down to 6e−11)" in messages["vanishing_gradients"]
