"""What all tests share."""

import signal
from collections.abc import Iterator

import hypothesis
import pytest

# The machines that run these tests are shared and slow at times: how long an example takes says nothing.
hypothesis.settings.register_profile("seedbed", deadline=None)
hypothesis.settings.load_profile("seedbed")

HANDLERS = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}


@pytest.fixture(autouse=True)
def own_handlers() -> Iterator[None]:
    """Python's usual handlers, also for the processes that a test starts; nohup and some CI runners ignore SIGINT."""
    before = {number: signal.signal(number, handler) for number, handler in HANDLERS.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
