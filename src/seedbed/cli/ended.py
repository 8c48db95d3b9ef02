"""What a command says, and exits with, once a study has been trained or was interrupted."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from seedbed.cli.errors import RUNS_FAILED
from seedbed.cli.output import print_json, print_result, say
from seedbed.execution.stops import INTERRUPTED

if TYPE_CHECKING:
    from seedbed.api import Result


def terminate_as_interrupt() -> None:
    """Take a batch system's request to terminate for an interrupt, also before and after training."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def conclude(result: Result, as_json: bool) -> int:
    """Print a result, write its report where it is whole, and say what to exit with."""
    try:
        return _conclude(result, as_json)
    except KeyboardInterrupt:
        say(f"interrupted; what was done is saved: seedbed report {result.id}", err=True)
        return INTERRUPTED


def _conclude(result: Result, as_json: bool) -> int:
    interrupted = result.status == "interrupted"
    try:
        if as_json:
            print_json(result.document)
        elif not interrupted or result.runs.num_rows:
            print_result(result)
    finally:  # also where nobody reads what is printed, or the disk it goes to is full
        report = None if interrupted else result.report()
    if interrupted:
        say(f"interrupted; what was done is saved: seedbed resume {result.directory} goes on", err=True)
        return INTERRUPTED
    say(f"report: {report}", err=as_json)
    return RUNS_FAILED if result.diverged or result.crashed else 0
