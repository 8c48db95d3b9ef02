"""The end of what a process prints, however much that is."""

from __future__ import annotations

from threading import Condition

MOST = 64_000  # bytes that are kept


class Tail:
    """The last `MOST` bytes that were added; one thread adds, others read."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._changed = Condition()
        self.is_cut = False  # whether something before them was left out

    def add(self, data: bytes) -> None:
        """Append, and forget what is too much."""
        with self._changed:
            self._kept += data
            if len(self._kept) > MOST:
                del self._kept[:-MOST]
                self.is_cut = True
            self._changed.notify_all()

    def cut_at(self, mark: bytes, seconds: float) -> bool:
        """Wait until `mark` has been added, and drop it and all after it; False where it did not come in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: mark in self._kept, seconds):
                return False
            del self._kept[self._kept.index(mark) :]
            return True

    def clear(self) -> None:
        """Begin again."""
        with self._changed:
            self._kept.clear()
            self.is_cut = False

    def __str__(self) -> str:
        """Its text; where the beginning is missing it begins with a line that says so."""
        with self._changed:
            text = bytes(self._kept).decode("utf-8", "replace")
        return f"[... only the last {MOST // 1000} kB are kept]\n{text}" if self.is_cut else text
