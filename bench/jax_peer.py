"""JAX as a contender: the whole training as one jit(vmap(scan))."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from bench.task import LR, MOMENTUM, Contender, Task


def _forward(params: list[jax.Array], x: jax.Array, norm: bool) -> jax.Array:
    """The task's network in training; running statistics do not enter the loss and are left out."""
    size = 4 if norm else 2
    for at in range(0, len(params) - 2, size):
        x = x @ params[at] + params[at + 1]
        if norm:
            x = (x - x.mean(0)) / jnp.sqrt(x.var(0) + 1e-5) * params[at + 2] + params[at + 3]
        x = jax.nn.relu(x)
    return x @ params[-2] + params[-1]


def _loss(params: list[jax.Array], x: jax.Array, y: jax.Array, kind: str, norm: bool) -> jax.Array:
    outputs = _forward(params, x, norm)
    if kind == "cross_entropy":
        return -jnp.take_along_axis(jax.nn.log_softmax(outputs), y[:, None], 1).mean()
    if kind == "bce":
        return (jax.nn.softplus(outputs) - outputs * y).mean()
    return ((outputs - y) ** 2).mean()


def scanned(task: Task) -> Contender:
    """All steps of all runs in one compiled call."""
    inputs, targets = jnp.asarray(task.inputs), jnp.asarray(task.targets)
    start = [jnp.asarray(view) for view in task.network.parameters.views(task.params).values()]
    gradient = jax.value_and_grad(partial(_loss, kind=task.loss, norm=task.norm))

    def one_run(params: list[jax.Array], indices: jax.Array) -> jax.Array:
        def step(carry: Any, batch: jax.Array | None) -> Any:
            params, velocity = carry
            x, y = (inputs, targets) if task.full_batch else (inputs[batch], targets[batch])
            loss, grads = gradient(params, x, y)
            velocity = [MOMENTUM * v + g for v, g in zip(velocity, grads, strict=True)]
            return ([w - LR * v for w, v in zip(params, velocity, strict=True)], velocity), loss

        zeros = [jnp.zeros_like(w) for w in params]
        batches = None if task.full_batch else indices
        return jax.lax.scan(step, (params, zeros), batches, length=task.steps)[1]

    indices = jnp.asarray(task.indices, jnp.int32)
    started = time.perf_counter()
    compiled = jax.jit(jax.vmap(one_run)).lower(start, indices).compile()
    seconds = time.perf_counter() - started
    return Contender(
        "JAX jit(vmap(scan))", lambda: np.asarray(compiled(start, indices)), task.runs * task.steps, seconds
    )
