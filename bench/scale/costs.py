"""What the process that runs a study takes for each thing that it does; `bench.scale.measuring` measures it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """Seconds of doing something once.

    Attributes
    ----------
    fixed
        However large it is.
    run
        More for each run of the shard.
    worker
        More for each worker that there is.
    stored
        More for each run that is stored already.
    study
        More for each run of the study.
    """

    fixed: float = 0.0
    run: float = 0.0
    worker: float = 0.0
    stored: float = 0.0
    study: float = 0.0

    def seconds(self, runs: int, workers: int, stored: int, study: int) -> float:
        """Of a shard of so many runs."""
        return (
            self.fixed + self.run * runs + self.worker * workers + self.stored * stored + self.study * study
        )


@dataclass(frozen=True)
class Costs:
    """All that the process that runs a study does; of the processor unless said otherwise.

    Attributes
    ----------
    cut
        To cut a shard off and record that, by the thread that stores.
    send, receive
        To send a shard to its worker, and to receive what it leaves.
    event
        To be told how far a shard is.
    save
        To receive and store a checkpoint.
    store
        To make a shard's rows and tables, and to record it, by the thread that stores.
    disk
        For which that thread waits until these have reached the disk.
    """

    cut: Cost
    send: Cost
    receive: Cost
    event: Cost
    save: Cost
    store: Cost
    disk: Cost


FREE = Costs(*[Cost()] * 7)
