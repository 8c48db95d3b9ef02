"""A study of a function made ready: its runs go to worker processes, which are kept from run to run."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress

from seedbed.study.contents import Contents
from seedbed.study.problems import Problem, StudyError
from seedbed.trainables.function_options import FunctionOptions
from seedbed.trainables.outside.outcome import Outcome
from seedbed.trainables.outside.run import FILE
from seedbed.trainables.outside.work import Job, OutsideWork
from seedbed.trainables.outside.workers import Called, Workers


class FunctionWork(OutsideWork[FunctionOptions]):
    """See `study.trainable.Work`.

    Parameters
    ----------
    pickled
        The function where a program gave it.
    """

    label = "function"

    def __init__(self, study: Contents, pickled: bytes | None) -> None:
        super().__init__(study)
        self._pickled = pickled
        self._workers = Workers(self.at_once)

    def warm_up(self) -> None:
        """Start a worker for every function, so that one that cannot be loaded is told before anything is stored.

        Raises
        ------
        StudyError
            Where one cannot.
        """
        for options in {one.options.call: one.options for one in self._configurations.values()}.values():
            outcome = Outcome("", 0)
            worker = self._workers.take(self._called(options))
            for _ in worker.start(options.timeout, outcome):
                pass
            self._workers.give_back(worker)
            if outcome.status == "crashed":
                message = f"{options.call} cannot be loaded: {outcome.stop_reason}{_shown(outcome.traceback)}"
                raise StudyError(self.study.origin, [Problem("function.call", message)])

    def run(self, job: Job[FunctionOptions], outcome: Outcome) -> Generator[None]:
        """See `OutsideWork.run`."""
        worker = self._workers.take(self._called(job.options))
        try:
            yield from worker.run(job, outcome, self.asked)
        except BaseException:  # whatever it is doing, nobody waits for that any more
            worker.process.end("stopped")
            raise
        finally:
            self._workers.give_back(worker)
        (job.directory / FILE).unlink(missing_ok=True)
        with suppress(OSError):  # kept where the run has put something there
            job.directory.rmdir()
            job.directory.parent.rmdir()

    def close(self) -> None:
        """End all workers."""
        self._workers.close()

    def _called(self, options: FunctionOptions) -> Called:
        return Called(
            options.call, self._pickled, self.study.directory, self.environment_of_runs, options.memory
        )


def _shown(traceback: str) -> str:
    """A traceback as lines below a message, which an indent keeps apart."""
    return "".join(f"\n  {line}" for line in traceback.splitlines())
