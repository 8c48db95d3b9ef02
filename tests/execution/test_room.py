"""What workers send waits with them until there is room for it here, and until it is asked for."""

from __future__ import annotations

import pickle
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.execution.executors.assignment import Ended, Message, Saved, Told, Trained
from seedbed.execution.executors.outbox import MOST_TOLD, Outbox
from seedbed.execution.executors.room import Room
from seedbed.study import events
from seedbed.study.checkpoints import State, Stopped
from seedbed.study.trainable import Finished

LIMIT = 100


def epoch(number: int) -> Told:
    return Told(events.Epoch(number, 10, 1, None, None, "val.mse"))


@given(st.lists(st.integers(1, 150), min_size=1, max_size=12))
def test_there_is_never_more_than_the_limit_but_for_one_alone(sizes: list[int]) -> None:
    room, most, lock = Room(LIMIT), [0], threading.Lock()

    def send(size: int) -> None:
        last = room.receive(size, lambda: Trained(Finished([]), {}), lambda message: None, lambda: False)
        assert isinstance(last, Trained)
        with lock:
            most[0] = max(most[0], room.taken if room.taken != size else min(room.taken, LIMIT))
        room.give(last.held)

    threads = [threading.Thread(target=send, args=(size,)) for size in sizes]
    for one in threads:
        one.start()
    for one in threads:
        one.join(10)
        assert not one.is_alive()
    assert room.taken == 0
    assert most[0] <= LIMIT


def test_a_state_is_counted_until_it_is_heard_and_a_result_until_it_is_stored() -> None:
    room, seen = Room(LIMIT), list[int]()

    def heard(message: Message) -> None:
        seen.append(room.taken)

    saved, ended = Saved(State({})), Ended(None)
    assert room.receive(60, lambda: saved, heard, lambda: False) is None
    assert (seen, room.taken) == ([60], 0)
    assert room.receive(60, lambda: ended, heard, lambda: False) is ended
    assert room.taken == 0
    last = room.receive(60, lambda: Trained(Finished([]), {}), heard, lambda: False)
    assert isinstance(last, Trained)
    assert (room.taken, last.held) == (60, 60)


def test_who_waits_for_room_is_let_go_where_the_study_is_to_end() -> None:
    room = Room(LIMIT)
    room.take(90, lambda: False)
    with pytest.raises(Stopped):
        room.receive(20, lambda: Ended(None), lambda message: None, lambda: True)
    assert room.taken == 90


def test_an_error_while_something_is_received_gives_its_bytes_back() -> None:
    room = Room(LIMIT)

    def lost() -> Message:
        raise EOFError

    with pytest.raises(EOFError):
        room.receive(20, lost, lambda message: None, lambda: False)
    assert room.taken == 0


def test_of_epochs_and_states_the_last_one_is_kept() -> None:
    outbox = Outbox()
    for number in range(1000):
        outbox.put(epoch(number))
        outbox.put(Told(events.Message(f"{number}")))
        outbox.put(Saved(State({"a": np.full(3, number)})))
    told, number, size = outbox.told(0.0)
    assert len(told) == MOST_TOLD + 1
    assert told[-1] == epoch(999).event
    content = outbox.take(number)
    assert content is not None
    assert len(content) == size
    assert pickle.loads(content).state.arrays["a"].tolist() == [999] * 3
    assert outbox.told(0.0) == ([], number, 0)


def test_a_message_whose_place_was_taken_is_not_handed_over() -> None:
    outbox = Outbox()
    outbox.put(Saved(State({})))
    _, number, _ = outbox.told(0.0)
    outbox.put(Ended(None))
    assert outbox.take(number) is None
    _, number, _ = outbox.told(0.0)
    assert pickle.loads(outbox.take(number) or b"") == Ended(None)


def test_the_first_event_and_messages_come_at_once_and_others_after_a_while() -> None:
    outbox = Outbox()
    outbox.put(epoch(1))
    began = time.monotonic()
    assert outbox.told(5.0)[0]
    outbox.put(Ended(None))
    assert outbox.told(5.0)[2]
    assert time.monotonic() - began < 2
    outbox.take(1)
    outbox.put(epoch(2))
    began = time.monotonic()
    assert outbox.told(0.3)[0]
    assert time.monotonic() - began >= 0.3
