"""What all tests share."""

import re
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import hypothesis
import pytest

# The machines that run these tests are shared and slow at times: how long an example takes says nothing.
hypothesis.settings.register_profile("seedbed", deadline=None)
hypothesis.settings.load_profile("seedbed")

# PyTorch is an extra. Where it is not installed, files that cannot be imported without it are left out.
NEEDS_TORCH = re.compile(r"^(?:import|from) \S*(?:torch|layer_cases|recorded)", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """See above; None leaves the decision to others."""
    if collection_path.suffix != ".py" or find_spec("torch"):
        return None
    return bool(NEEDS_TORCH.search(collection_path.read_text(encoding="utf-8"))) or None


HANDLERS = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}


@pytest.fixture(autouse=True, scope="session")
def own_trust(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests allow to run is remembered nowhere but here, also by the processes that they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEEDBED_TRUST", str(tmp_path_factory.mktemp("trusted")))
        yield


@pytest.fixture(autouse=True)
def own_handlers() -> Iterator[None]:
    """Python's usual handlers, also for the processes that a test starts; nohup and some CI runners ignore SIGINT."""
    before = {number: signal.signal(number, handler) for number, handler in HANDLERS.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
