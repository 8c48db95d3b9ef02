"""A function of tensors as the operations it comes down to: traced once, then run without the Python around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock

import torch
from torch import fx

Tensors = Mapping[str, torch.Tensor]
Function = Callable[[Tensors], dict[str, torch.Tensor]]

# Calls before it is traced, which takes as long as some hundred steps save.
CALLS_BEFORE = 100
_tracing = Lock()  # of the whole process: PyTorch's tracer replaces methods of all modules meanwhile


class Traced:
    """A function of tensors by name that is traced when it has been called often; to the same bits.

    Where it cannot be traced, or what was traced does not give the same, every call is one of the function.

    Parameters
    ----------
    function
        Of tensors alone, always of the same shapes: what it does may follow from nothing else that changes.
    """

    def __init__(self, function: Function) -> None:
        self._function, self._calls = function, 0
        self._replay: Function | None = None

    def __call__(self, given: Tensors) -> dict[str, torch.Tensor]:
        """See `function`."""
        if self._replay is not None:
            return self._replay(given)
        found = self._function(given)
        self._calls += 1
        if self._calls == CALLS_BEFORE:
            replay = _traced(self._function, given)
            self._replay = replay if replay and _same(replay(given), found) else None
        return found


def _traced(function: Function, given: Tensors) -> Function | None:
    """What does the same by the operations that the function did on these tensors; None where they cannot be told."""
    names = list(given)
    results: list[str] = []

    def flat(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        found = function(dict(zip(names, tensors, strict=True)))
        results[:] = found
        return tuple(found.values())

    try:
        from torch.fx.experimental.proxy_tensor import make_fx  # loads much

        with _tracing:
            graph = make_fx(flat)(*given.values())
    except Exception:  # whatever the tracer, or other people's code within it, raises
        return None
    _tidy(graph)

    def replay(given: Tensors) -> dict[str, torch.Tensor]:
        with torch.no_grad():
            return dict(zip(results, graph(*(given[name] for name in names)), strict=True))

    return replay


def _tidy(graph: fx.GraphModule) -> None:
    """Leave out what nothing comes of: here nobody asks for gradients."""
    for node in graph.graph.nodes:
        if node.target is torch.ops.aten.detach.default:
            node.replace_all_uses_with(node.args[0])
    graph.graph.eliminate_dead_code()
    graph.recompile()


def _same(some: Tensors, others: Tensors) -> bool:
    """Whether all bits are the same, but for those of nan."""
    pairs = [(some[name], others[name]) for name in others]
    return all(bool(((one == other) | (one.isnan() & other.isnan())).all()) for one, other in pairs)
