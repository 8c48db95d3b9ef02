"""Runs the commands of a study, each in a process of its own, and reads the metrics that they tell."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

from seedbed.files import read_regular
from seedbed.trainables.command_options import (
    DIRECTORY,
    SEED,
    STUDY,
    CommandOptions,
    directory_of,
    values_of,
)
from seedbed.trainables.outside.outcome import Outcome
from seedbed.trainables.outside.process import Process
from seedbed.trainables.outside.work import Job, OutsideWork
from seedbed.trainables.placeholders import arguments, filled
from seedbed.trainables.printed import MOST_BYTES, MOST_METRICS, Following, TooMuch, metrics_of
from seedbed.trainables.programs import program_of

# Python programs say what they print at once, though nobody looks on, and order sets alike in every run.
USUAL = {"PYTHONUNBUFFERED": "1", "PYTHONHASHSEED": "0"}
TRACEBACK = "Traceback (most recent call last)"
EXCEPTION = re.compile(
    r"^[A-Za-z_][\w.]*(: .*)?$", re.MULTILINE
)  # the line after the frames, which are indented


class CommandWork(OutsideWork[CommandOptions]):
    """See `OutsideWork`."""

    label = "command"
    gave = "printed"

    def run(self, job: Job[CommandOptions], outcome: Outcome) -> Generator[None]:
        """Start the command of one run, take in its metrics, and say how it ended."""
        options, study, own_directory = job.options, self.study.directory, job.directory.absolute()
        own_directory.mkdir(parents=True, exist_ok=True)
        own = {SEED: job.random_seed, DIRECTORY: str(own_directory), STUDY: str(study)}
        values = values_of(job.settings, **own)
        directory = directory_of(options, values, study)
        file = directory / filled(options.metrics_file, values) if options.metrics_file else None
        if file:
            with suppress(OSError):  # of an attempt that was interrupted
                file.unlink()
        try:
            process = Process(
                [program_of(options.run[0], study), *arguments(options.run[1:], values)],
                directory=directory,
                environment={
                    **{name: value for name, value in USUAL.items() if name not in os.environ},
                    **self.environment_of_runs,
                    **{name: filled(value, values) for name, value in options.env.items()},
                },
                memory=options.memory,
            )
        except (OSError, ValueError) as error:
            outcome.crash(f"cannot be started: {error}")
            return
        with process:
            try:
                yield from self._taken_in(process, options, file, outcome)
            except TooMuch as error:
                process.end(str(error))
            except OSError as error:  # of the file of metrics
                process.end(f"its metrics cannot be read: {error.filename}: {error.strerror}")
        with suppress(OSError):  # kept where the run has put something there
            own_directory.rmdir()
            own_directory.parent.rmdir()
        outcome.output = str(process.output)
        if process.ended and outcome.status == "complete":
            outcome.crash(*_why(process.ended, outcome.output))

    def _taken_in(
        self, process: Process, options: CommandOptions, file: Path | None, outcome: Outcome
    ) -> Iterator[None]:
        """Take in metrics as they come; in the end the last ones, where only these count."""
        following, last = Following(file) if file else None, b""
        for line in process.lines(options.timeout):
            if options.metrics == "last line":
                last = line if line and not file and metrics_of(line) else last
            elif self._is_over(following.lines() if following else [line or b""], options, outcome):
                process.end("")
                return
            yield
        if options.metrics == "lines" and following:
            self._is_over(following.lines(at_end=True), options, outcome)
        elif options.metrics == "last line":
            outcome.metrics = (_of_file(file) if file else metrics_of(last)) or {}

    def _is_over(
        self, lines: Iterator[bytes] | list[bytes], options: CommandOptions, outcome: Outcome
    ) -> bool:
        """Take in lines; whether a rule ends the run with one of them."""
        for metrics in filter(None, map(metrics_of, lines)):
            if outcome.epoch(metrics, self.asked, options.stop):
                return True
            if len(outcome.metrics) > MOST_METRICS:
                raise TooMuch(f"printed over {MOST_METRICS:,} metrics; give the same ones the same names")
        return False


def _of_file(path: Path) -> dict[str, float] | None:
    """The metrics of a file: of all of it where that is one JSON object, else of its last line that is one."""
    try:
        content = read_regular(path, MOST_BYTES)
    except FileNotFoundError:
        return None
    if metrics := metrics_of(content):
        return metrics
    return next(filter(None, map(metrics_of, reversed(content.split(b"\n")))), None)


def _why(ended: str, output: str) -> tuple[str, str]:
    """Why a run crashed, with the exception of a Python program, and that program's traceback."""
    if TRACEBACK not in output or not ended.startswith("exited"):
        return ended, ""
    traceback = output[output.rindex(TRACEBACK) :]
    *_, last = filter(None, map(str.strip, traceback.splitlines()))
    named = EXCEPTION.search(traceback)  # other output may come after it, or between
    return f"{ended}: {named[0] if named else last}", traceback
