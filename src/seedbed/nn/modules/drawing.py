"""What a module draws at random, made to follow from the key of its run, also where many runs are one program.

The draws are counter-based (`draws`): counted by element, step and call. So a run draws the same in any company.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import FunctionType
from typing import Any

import array_api_compat.torch as xtorch
import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from seedbed.draws import uniform_words


class Drawing(TorchFunctionMode):
    """Within it, functions of `REPLACED` draw from a key instead of a global generator.

    Parameters
    ----------
    key
        (2,) int64, of one run; see `draws.keys`.
    step
        Steps done so far.

    Attributes
    ----------
    used
        Whether anything was drawn, or computed otherwise.
    """

    def __init__(self, key: torch.Tensor, step: Any) -> None:
        super().__init__()
        self._key, self._step, self._calls = key, step, 0
        self.used = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """See `torch.overrides`."""
        options = kwargs or {}
        if func in OPENED:  # within this method the mode is off
            with self:
                return OPENED[func](*args, **options)
        if func not in REPLACED:
            return func(*args, **options)
        return REPLACED[func](self, *args, **options)

    def words(self, shape: tuple[int, ...]) -> torch.Tensor:
        """Random 32-bit words of a shape, int64."""
        first, *rest = shape or (1,)
        number, self._calls, self.used = self._calls, self._calls + 1, True
        words = uniform_words(xtorch, self._key[None], first, math.prod(rest), self._step, number)  # type: ignore[arg-type]
        return words.reshape(shape)  # type: ignore[return-value]

    def uniform(self, shape: tuple[int, ...]) -> torch.Tensor:
        """Numbers in [0, 1), float32, of 24 bits as PyTorch's."""
        return (self.words(shape) >> 8).to(torch.float32) * 2.0**-24

    def normal(self, shape: tuple[int, ...]) -> torch.Tensor:
        """Numbers of a standard normal distribution (Box and Muller 1958)."""
        radius = torch.sqrt(-2 * torch.log1p(-self.uniform(shape)))
        return radius * torch.cos(2 * math.pi * self.uniform(shape))

    def kept(self, shape: tuple[int, ...], rate: float, dtype: torch.dtype) -> torch.Tensor:
        """What dropout multiplies by: 0 at a share `rate` of all elements, 1 / (1 - rate) at the rest."""
        keep = self.words(shape) >= math.floor(rate * 2.0**32)
        return keep.to(dtype) * (1 / (1 - rate) if rate < 1 else 0.0)


def _dropout(
    draw: Drawing, input: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> torch.Tensor:
    return _times_kept(draw, input, input.shape, p, training, inplace)


def _of_channels(dimensions: int) -> Callable[..., torch.Tensor]:
    """Dropout of whole channels of samples that have so many dimensions beside them."""

    def dropout(
        draw: Drawing, input: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> torch.Tensor:
        beside = min(dimensions, input.ndim - 1)
        shape = (*input.shape[: input.ndim - beside], *(1,) * beside)
        return _times_kept(draw, input, shape, p, training, inplace)

    return dropout


def _times_kept(
    draw: Drawing, input: torch.Tensor, shape: tuple[int, ...], p: float, training: bool, inplace: bool
) -> torch.Tensor:
    if not training or not p:
        return input
    mask = draw.kept(tuple(shape), p, input.dtype)
    return input.mul_(mask) if inplace else input * mask


def _attention(
    draw: Drawing,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    **others: Any,
) -> torch.Tensor:
    """As PyTorch documents its own, step by step: its kernels cannot be one program, nor drop by a key."""
    if others.get("enable_gqa"):
        options = {"dropout_p": dropout_p, "is_causal": is_causal, "scale": scale, **others}
        return F.scaled_dot_product_attention(query, key, value, attn_mask, **options)
    draw.used = True
    scores = query @ key.transpose(-2, -1) * (query.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        seen = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
        scores = scores.masked_fill(~seen, -math.inf)
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        scores = scores.masked_fill(~attn_mask, -math.inf)
    elif attn_mask is not None:
        scores = scores + attn_mask
    weights = torch.softmax(scores, dim=-1)
    return _times_kept(draw, weights, weights.shape, dropout_p, True, False) @ value


def _like(kind: str) -> Callable[..., torch.Tensor]:
    def drawn(draw: Drawing, input: torch.Tensor, **options: Any) -> torch.Tensor:
        return getattr(draw, kind)(tuple(input.shape)).to(options.get("dtype") or input.dtype)

    return drawn


def _bernoulli(draw: Drawing, input: torch.Tensor, **options: Any) -> torch.Tensor:
    return (draw.uniform(tuple(input.shape)) < input).to(input.dtype)


REPLACED: dict[Any, Callable[..., torch.Tensor]] = {
    F.dropout: _dropout,
    F.dropout1d: _of_channels(1),
    F.dropout2d: _of_channels(2),
    F.dropout3d: _of_channels(3),
    F.scaled_dot_product_attention: _attention,
    torch.rand_like: _like("uniform"),
    torch.randn_like: _like("normal"),
    torch.bernoulli: _bernoulli,
}


def _without_dispatch(function: Any) -> FunctionType:
    """A copy of a function of PyTorch's that does not look for modes, so that those it calls come before ours."""
    checks = {
        name: lambda *tensors: False for name in function.__globals__ if name.startswith("has_torch_function")
    }
    made = FunctionType(
        function.__code__, {**function.__globals__, **checks}, function.__name__, function.__defaults__
    )
    made.__kwdefaults__ = function.__kwdefaults__
    return made


# Functions that call others which are replaced.
OPENED: dict[Any, FunctionType] = {
    F.multi_head_attention_forward: _without_dispatch(F.multi_head_attention_forward)
}
