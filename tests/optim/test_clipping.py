"""Clipping beside torch's."""

import array_api_compat.numpy as xp
import numpy as np
import torch

from seedbed.optim.clipping import clip


def test_each_run_is_clipped_by_its_own_norm_as_in_torch():
    grads = np.random.default_rng(2).normal(size=(4, 7)) * np.array([[1.0], [10.0], [0.0], [5.0]])
    norms = np.array([[0.5], [100.0], [1.0], [3.0]])
    grads.setflags(write=False)
    ours = clip(xp, grads, norms)
    for run in range(4):
        param = torch.zeros(7, dtype=torch.float64, requires_grad=True)
        param.grad = torch.tensor(grads[run])
        torch.nn.utils.clip_grad_norm_([param], norms[run, 0])
        np.testing.assert_allclose(ours[run], param.grad.numpy(), rtol=1e-12)
    np.testing.assert_array_equal(ours[1], grads[1])
    np.testing.assert_allclose(np.linalg.norm(ours[[0, 3]], axis=1), [0.5, 3.0], rtol=1e-5)


def test_infinite_norm_leaves_gradients_as_they_are():
    grads = np.array([[1e30, -3.0]], dtype=np.float32)  # whose square is not finite
    with np.errstate(over="ignore", invalid="ignore"):
        np.testing.assert_array_equal(clip(xp, grads, np.full((1, 1), np.inf, np.float32)), grads)
