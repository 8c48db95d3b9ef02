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
        For which that thread waits until what it stored has reached the disk, of one shard.
    file
        The same, for each further shard that is stored together with it.
    """

    cut: Cost
    send: Cost
    receive: Cost
    event: Cost
    save: Cost
    store: Cost
    disk: Cost
    file: Cost


MEASURED = Costs(  # docs/scale.md says how
    cut=Cost(0.0002),
    send=Cost(0.0005),
    receive=Cost(0.001, run=2e-6),
    event=Cost(0.0005),
    save=Cost(0.002),
    store=Cost(0.0013, run=7e-6),
    disk=Cost(0.011),
    file=Cost(0.0007),
)
BEFORE = Costs(  # the same before anything was changed, but for how shards are cut
    cut=Cost(0.0002, worker=9e-7, study=2e-6),
    send=Cost(0.0006),
    receive=Cost(0.001, run=2e-6),
    event=Cost(0.0005, stored=3e-7),
    save=Cost(0.002),
    store=Cost(0.002, run=1e-5, stored=3e-7),
    disk=Cost(0.011),
    file=Cost(0.011),
)
FREE = Costs(*[Cost()] * 8)
