"""Every way a command can end, as an exit code and, where something is wrong, lines that say what."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn, TextIO

import click

from seedbed.cli.output import say, say_all
from seedbed.execution.stops import INTERRUPTED
from seedbed.text import visible_lines

FAILED, WRONG_INPUT, RUNS_FAILED = 1, 2, 3


def exit_code(work: Callable[[], Any]) -> NoReturn:
    """Do a command's work and exit: 0, or the code that its error means."""
    try:
        code = work() or 0
        if sys.stdout:  # which is None where it was closed
            sys.stdout.flush()
        _leave(code)
    except click.exceptions.NoArgsIsHelpError as error:
        say_all(error.format_message())
        sys.exit(0)
    except click.UsageError as error:
        hint = f"; see `{error.ctx.command_path} --help`" if error.ctx else ""
        _fail(error.format_message().rstrip(".") + hint, WRONG_INPUT)
    except click.ClickException as error:
        _fail(error.format_message(), WRONG_INPUT)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted", INTERRUPTED)
    except BrokenPipeError:
        _leave_pipe()
    except Exception as error:
        _explain(error)


def _explain(error: Exception) -> NoReturn:
    if os.environ.get("SEEDBED_DEBUG"):
        traceback.print_exc()
    from seedbed.store.schema import WriteError

    if isinstance(error, WriteError):
        _fail(str(error), FAILED)
    if isinstance(error, user_errors()):
        _fail(str(error), WRONG_INPUT)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror}", FAILED)
    if isinstance(error, MemoryError):
        what = f" ({error})" if str(error) else ""
        _fail(f"memory ran out{what}; use fewer samples, seeds or variants, or free some", FAILED)
    _fail(
        f"{type(error).__name__}: {error}\nthis is a bug in Seedbed: run again with SEEDBED_DEBUG=1 and "
        "report what that prints, with the study",
        FAILED,
    )


def user_errors() -> tuple[type[Exception], ...]:
    """The exceptions that mean that what the user gave is wrong; loaded only once there is an error."""
    from seedbed.data.base import DataError
    from seedbed.engines.choice import EngineError
    from seedbed.execution.executors.base import ExecutorError
    from seedbed.store.models import TrainedError
    from seedbed.store.schema import StoreError
    from seedbed.study.problems import StudyError
    from seedbed.study.trainable import TrainableError

    return DataError, EngineError, ExecutorError, StudyError, StoreError, TrainableError, TrainedError


def _fail(message: str, code: int) -> NoReturn:
    with suppress(OSError):  # where the disk is full that errors go to as well
        for line in visible_lines(message).splitlines():
            say(f"error: {line}", err=True)
    _leave(code)


def _leave(code: int) -> NoReturn:
    """Exit; what a stream cannot write is dropped, since Python would try again and exit with a code of its own."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            _discard(stream)
    sys.exit(code)


def _leave_pipe() -> NoReturn:
    """Whoever read our output has gone: leave without a word, also when Python flushes at its end."""
    _discard(sys.stdout)
    sys.exit(errno.EPIPE)


def _discard(stream: TextIO) -> None:
    """Send what a stream still holds nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
