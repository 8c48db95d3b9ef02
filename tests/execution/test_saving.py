"""When a shard is saved, and what an earlier process left of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from seedbed.execution import saving
from seedbed.execution.saving import AT_END, EVERY, SHARE, Saving
from seedbed.execution.stops import Stops
from seedbed.store.writer import Store
from seedbed.study.checkpoints import State, Stopped

STATE = State({"a": np.arange(3.0)}, {"step": 7})


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(saving, "time", clock)
    return clock


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path, "a", "0123456789") as store:
        yield store


def test_it_is_due_after_a_while_and_at_the_end(clock: Clock, store: Store) -> None:
    one = Saving(store, 0, Stops())
    assert [one.due(), one.due(at_end=True)] == [False, False]
    clock.now += AT_END
    assert one.due(at_end=True)
    assert not one.due()
    clock.now += EVERY
    assert one.due()
    one.save(STATE)
    assert [one.due(), one.due(at_end=True)] == [False, False]


def test_what_is_slow_to_save_is_saved_rarely(
    clock: Clock, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = Store.save_checkpoint

    def slow(*arguments: object) -> None:
        clock.now += 3
        save(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "save_checkpoint", slow)
    one = Saving(store, 0, Stops())
    one.save(STATE)
    clock.now += 3 / SHARE - 1
    assert [one.due(), one.due(at_end=True)] == [False, False]
    clock.now += 1
    assert one.due()


def test_another_process_goes_on_from_what_was_saved(clock: Clock, store: Store) -> None:
    assert Saving(store, 4, Stops()).resume_from is None
    first = Saving(store, 4, Stops())
    clock.now += 12
    first.save(STATE)
    second = Saving(store, 4, Stops())
    assert second.resume_from
    np.testing.assert_array_equal(second.resume_from.arrays["a"], STATE.arrays["a"])
    assert second.resume_from.facts == STATE.facts
    clock.now += 5
    assert (second.seconds, second.damage) == (17, None)
    second.end()
    clock.now += 9  # waiting to be stored
    assert second.seconds == 17


def test_who_asks_it_to_end_has_it_saved_first(store: Store) -> None:
    stops = Stops()
    one = Saving(store, 0, stops)
    stops.asked = True
    assert one.due()
    with pytest.raises(Stopped):
        one.save(STATE)
    assert Saving(store, 0, Stops()).resume_from


def test_a_damaged_checkpoint_is_told_and_not_used(store: Store) -> None:
    Saving(store, 0, Stops()).save(STATE)
    (path,) = (store.directory / "checkpoints").iterdir()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    one = Saving(store, 0, Stops())
    assert one.resume_from is None
    assert path.name in (one.damage or "")
