"""Samples of a function: where they lie, what they are, and what is refused."""

import numpy as np
import pytest

from seedbed import data
from seedbed import draws as random
from seedbed.data import DataError, load, prepare
from seedbed.recipe import FunctionData


def settings(**changes):
    given = {"source": "function", "expression": "sin(x)", "domain": (0.0, 6.0), "samples": 200, "grid": 50}
    return FunctionData(**(given | changes))


def draw(seed=0, study_seed=0, **changes):
    return load(settings(**changes), classification=False, study_seed=study_seed, seed=seed)


def test_one_variable():
    samples = draw()
    assert samples.inputs.shape == samples.targets.shape == (250, 1)
    assert samples.inputs.dtype == samples.targets.dtype == np.float32
    assert samples.features == ("x",)
    assert samples.classes == ()
    np.testing.assert_allclose(samples.targets, np.sin(samples.inputs), rtol=0, atol=1e-7)
    drawn = samples.inputs[:200, 0]
    assert drawn.min() >= 0
    assert drawn.max() < 6
    assert np.histogram(drawn, 4, (0, 6))[0].min() > 25


def test_the_grid_is_equally_spaced_and_leaves_out_the_high_end():
    samples = draw(domain=(-1.0, 3.0), grid=8)
    np.testing.assert_array_equal(samples.inputs[200:, 0], np.arange(-1, 3, 0.5, dtype=np.float32))
    parts = prepare(settings(grid=8), samples, study_seed=0, seed=0).parts
    np.testing.assert_array_equal(parts["grid"], np.arange(200, 208))
    assert parts["grid"].dtype == np.int32
    assert max(parts[name].max() for name in ("train", "val", "test")) < 200


def test_several_variables_have_no_grid():
    samples = draw(expression="x1 * x2 - x3", domain=((0.0, 1.0), (10.0, 20.0), (-1.0, 0.0)))
    assert samples.features == ("x1", "x2", "x3")
    assert samples.inputs.shape == (200, 3)
    x1, x2, x3 = samples.inputs.T
    assert 0 <= x1.min() < x1.max() < 1
    assert 10 <= x2.min() < x2.max() < 20
    np.testing.assert_allclose(samples.targets[:, 0], x1 * x2 - x3, rtol=1e-6)
    parts = prepare(
        settings(domain=((0.0, 1.0), (10.0, 20.0), (-1.0, 0.0))), samples, study_seed=0, seed=0
    ).parts
    assert sum(map(len, parts.values())) == 200
    assert "grid" not in parts


def test_draws_follow_from_seed_and_study_seed_alone():
    first = draw().inputs
    np.testing.assert_array_equal(draw(expression="cos(x)").inputs, first)
    assert (draw(seed=1).inputs[:200] != first[:200]).all()
    assert (draw(study_seed=1).inputs[:200] != first[:200]).all()


def test_a_seed_in_the_recipe_replaces_the_runs_own():
    fixed = settings(seed=7)
    runs = [load(fixed, classification=False, study_seed=0, seed=seed) for seed in (0, 1)]
    assert runs[0] is runs[1]
    np.testing.assert_array_equal(runs[0].inputs, draw(seed=7).inputs)
    splits = [prepare(fixed, runs[0], study_seed=0, seed=seed).parts["train"] for seed in (0, 1)]
    np.testing.assert_array_equal(*splits)
    own = [prepare(settings(), runs[0], study_seed=0, seed=seed).parts["train"] for seed in (7, 1)]
    np.testing.assert_array_equal(own[0], splits[0])
    assert (own[1] != splits[0]).any()


def test_the_draws_are_the_documented_ones():
    """Stored studies stand on them: x and noise are two streams of the purpose "samples"."""
    samples = draw(domain=(2.0, 4.0), expression="0 * x", noise=1.0)
    x = 2 + 2 * random.generator(0, 0, "samples").random((200, 1))
    noise = random.generator(0, 0, "samples", 1).standard_normal(200)
    np.testing.assert_array_equal(samples.inputs[:200], x.astype(np.float32))
    np.testing.assert_array_equal(samples.targets[:200, 0], noise.astype(np.float32))


def test_variants_share_their_draws():
    """Another domain, sample count or noise changes nothing but what it says."""
    first = draw()
    np.testing.assert_allclose(draw(domain=(0.0, 12.0)).inputs, 2 * first.inputs, rtol=1e-6)
    np.testing.assert_array_equal(draw(samples=100).inputs[:100], first.inputs[:100])
    small, large = draw(noise=0.1), draw(noise=0.2)
    np.testing.assert_array_equal(small.inputs, first.inputs)
    np.testing.assert_allclose(large.targets - first.targets, 2 * (small.targets - first.targets), atol=1e-6)


def test_noise_is_gaussian_and_spares_the_grid():
    clean, noisy = draw(samples=5000), draw(samples=5000, noise=0.5)
    noise = (noisy.targets - clean.targets)[:, 0]
    assert not noise[5000:].any()
    assert abs(noise[:5000].mean()) < 0.03
    assert abs(noise[:5000].std() - 0.5) < 0.02
    assert abs(np.corrcoef(noise[:5000], noisy.inputs[:5000, 0])[0, 1]) < 0.06


@pytest.mark.parametrize(
    ("expression", "domain", "says"),
    [
        ("log(x)", (-1.0, 1.0), r"'log\(x\)' is nan at x = -\d"),
        ("log(x)", (0.0, 1.0), "is -inf at x = 0 .*change data.domain"),
        ("1 / x", (-1.0, 1.0), "is inf at x = 0 "),
        ("sqrt(x1 - x2)", ((0.0, 1.0), (0.0, 1.0)), r"is nan at x1 = \S+, x2 = "),
        ("exp(x)", (80.0, 100.0), "at x = "),  # finite in 64 bits, not in the 32 that are trained on
        ("sin(y)", (0.0, 1.0), "data.expression: unknown name 'y'; "),
        ("x1 + x2", (0.0, 1.0), "data.expression: unknown name 'x1'; did you mean 'x'"),
        ("x", ((0.0, 1.0), (0.0, 1.0)), "did you mean 'x[12]'"),
        ("4", (0.0, 1.0), "uses none of: x"),
        ("sin(x", (0.0, 1.0), "not an expression"),
    ],
)
def test_refused(expression, domain, says):
    with pytest.raises(DataError, match=says):
        draw(expression=expression, domain=domain)


def test_too_many_samples_are_refused_before_they_are_drawn():
    with pytest.raises(DataError, match="above 100,000,000"):
        draw(samples=10**12)


def test_samples_that_32_bits_cannot_hold_are_refused():
    with pytest.raises(ValueError, match=r"reaches beyond 3e.38, which 32 bits cannot hold"):
        draw(domain=(0.0, 1e300))
    for noise in (1e300, 1.7e308):
        with pytest.raises(DataError, match=r"data.noise of .* makes targets that are not finite; use less"):
            draw(noise=noise)


def test_samples_are_the_same_however_many_are_drawn_at_once(monkeypatch):
    whole = draw(noise=0.3), draw(expression="x1*x2", domain=((0.0, 1.0), (2.0, 3.0)))
    monkeypatch.setattr("seedbed.data.sources.function.AT_ONCE", 64)
    data._loaded.clear()
    parts = draw(noise=0.3), draw(expression="x1*x2", domain=((0.0, 1.0), (2.0, 3.0)))
    for one, other in zip(whole, parts, strict=True):
        assert one is not other
        np.testing.assert_array_equal(one.inputs, other.inputs)
        np.testing.assert_array_equal(one.targets, other.targets)
