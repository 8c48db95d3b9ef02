"""The state of a training put together from that of its parts, and taken apart again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from seedbed.study.checkpoints import State
from seedbed.training.group import Group

FORMAT = 1  # of the arrays and facts below; a state of another one is not used


class Saved(Protocol):
    """A part of a training that has a state of its own."""

    def state(self) -> State:
        """All of it that training changes, which it may go on to change."""
        ...

    def restore(self, state: State) -> None:
        """Take over a state, in a part that was made as the one it is of."""
        ...


def combined(parts: Mapping[str, State]) -> State:
    """The states of several parts as one; `part` gives each back."""
    arrays = {f"{name}/{key}": array for name, state in parts.items() for key, array in state.arrays.items()}
    return State(arrays, {name: dict(state.facts) for name, state in parts.items() if state.facts})


def part(state: State, name: str) -> State:
    """The state of one part."""
    beginning = f"{name}/"
    arrays = {
        key.removeprefix(beginning): array for key, array in state.arrays.items() if key.startswith(beginning)
    }
    return State(arrays, state.facts.get(name, {}))


def of_group(state: State, group: Group) -> State:
    """The state with a note of what it is the state of."""
    return State(state.arrays, {**state.facts, "of": _identity(group)})


def fitting(state: State | None, group: Group) -> State | None:
    """The state where it is one of these very runs, else None: these begin anew."""
    return state if state is not None and state.facts.get("of") == _identity(group) else None


def _identity(group: Group) -> dict[str, object]:
    """Plain data, equal after a round trip through JSON."""
    layouts = group.network.parameters, group.network.state
    return {
        "format": FORMAT,
        "runs": [[run.variant, run.seed] for run in group.runs],
        "sizes": [layout.size for layout in layouts],
    }
