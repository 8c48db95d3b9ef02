"""What a worker has to say, kept until it is asked: so that nobody is sent more than he takes."""

from __future__ import annotations

import pickle
from threading import Condition

from seedbed.execution.executors.assignment import Message, Told
from seedbed.study.events import Epoch, Event

MOST_TOLD = 100  # messages for a person that wait; later ones are left out


class Outbox:
    """Of events the last epoch alone, and of states the last one alone: an earlier one is of no use then. Thread-safe.

    Attributes
    ----------
    number
        Of the message that waits: what a shard leaves, or a state of it.
    """

    def __init__(self) -> None:
        self.number = 0
        self._waiting = b""
        self._epoch: Epoch | None = None
        self._texts: list[Event] = []
        self._has_told = False
        self._changed = Condition()

    def put(self, message: Message) -> None:
        """Keep a message until it is taken."""
        if isinstance(message, Told):
            with self._changed:
                if isinstance(message.event, Epoch):
                    self._epoch = message.event
                elif len(self._texts) < MOST_TOLD:
                    self._texts.append(message.event)
                self._changed.notify_all()
            return
        content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        with self._changed:
            self._waiting = content
            self.number += 1
            self._changed.notify_all()

    def told(self, seconds: float) -> tuple[list[Event], int, int]:
        """Events, and the number and the bytes of the message that waits, 0 where none does.

        Waits for so many seconds, or until there is such a message or the first event.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or (self._epoch and not self._has_told), seconds)
            events = [*self._texts, *([self._epoch] if self._epoch else [])]
            self._has_told |= bool(self._epoch)
            self._epoch, self._texts = None, []
            return events, self.number, len(self._waiting)

    def take(self, number: int) -> bytes | None:
        """The message of that number, pickled; None where another has taken its place."""
        with self._changed:
            if number != self.number:
                return None
            content, self._waiting = self._waiting, b""
            return content
