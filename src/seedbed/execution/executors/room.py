"""How much of what workers send may be in memory here at once, so that many of them cannot fill it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Condition

from seedbed import machine
from seedbed.execution.executors.assignment import Ended, Message, Trained
from seedbed.study.checkpoints import Stopped

SHARE = 8  # of the free memory, one part
UNKNOWN = 1 << 28  # bytes, where the system does not say what is free
TICK = 0.5  # seconds between looks at whether the study is to end

Heard = Callable[[Message], None]
Asked = Callable[[], bool]


class Room:
    """Bytes of messages that may be here until they are stored; whoever sends more waits. Thread-safe.

    A message that is larger than all of it is let in alone.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit or (machine.available() or SHARE * UNKNOWN) // SHARE
        self.taken = 0
        self._changed = Condition()

    def take(self, size: int, is_asked_to_end: Asked) -> bool:
        """Wait until so many bytes fit; False where the study is to end first."""
        with self._changed:
            while self.taken and self.taken + size > self.limit:
                self._changed.wait(TICK)
                if is_asked_to_end():
                    return False
            self.taken += size
            return True

    def give(self, size: int) -> None:
        """Give bytes back."""
        with self._changed:
            self.taken -= size
            self._changed.notify_all()

    def receive(
        self, size: int, message: Callable[[], Message | None], heard: Heard, is_asked_to_end: Asked
    ) -> Trained | Ended | None:
        """Take in a message once there is room for it, and have it heard; the last one of a shard is returned.

        What a shard leaves stays counted, as its `held`, until whoever stores it gives that back.

        Raises
        ------
        Stopped
            Where the study is to end before there is room; the message is left where it is.
        """
        if not self.take(size, is_asked_to_end):
            raise Stopped
        kept = 0
        try:
            one = message()
            if isinstance(one, Trained):
                kept = size
                return replace(one, held=size)
            if isinstance(one, Ended):
                return one
            if one:
                heard(one)
            return None
        finally:
            self.give(size - kept)
