"""What starting up loads: heavy libraries only where they are used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import fake_studies
import pytest

HEAVY = {"numpy", "numba", "torch", "matplotlib", "scipy", "pyarrow", "pydantic", "sklearn", "rich"}


def modules(code: str) -> set[str]:
    """What is in memory after some code ran in a fresh interpreter."""
    tail = "\nimport sys; print('\\n' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code + tail], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def loaded(code: str) -> set[str]:
    """The heavy libraries among them."""
    return HEAVY & modules(code)


def of_command(*words: str) -> str:
    """Code that runs a command and goes on."""
    return (
        "from seedbed.cli import program\n"
        f"try: program.main(args={list(words)!r}, prog_name='seedbed')\n"
        "except SystemExit as end: assert not end.code, end.code"
    )


@pytest.mark.parametrize(
    "code",
    [
        "import seedbed",
        "import seedbed; dir(seedbed); seedbed.__version__",
        of_command("--help"),
        of_command("--version"),
        of_command("run", "--help"),
        of_command("data", "--help"),
    ],
)
def test_starting_loads_nothing_heavy(code: str) -> None:
    assert loaded(code) == set()


def test_completion_loads_nothing_heavy() -> None:
    code = (
        "import os; os.environ.update(COMP_WORDS='seedbed r', COMP_CWORD='1')\n"
        "from click.shell_completion import BashComplete; from seedbed.cli import program\n"
        "found = BashComplete(program, {}, 'seedbed', '_SEEDBED_COMPLETE').complete()\n"
        "assert 'run' in found, found"
    )
    assert loaded(code) == set()


def test_a_public_name_is_loaded_when_asked_for() -> None:
    assert "numpy" in loaded("import seedbed; seedbed.Result")


def test_showing_a_study_spares_what_takes_longest_to_load(tmp_path: Path) -> None:
    directory = fake_studies.regression(tmp_path)
    found = modules(of_command("show", str(directory)))
    assert "scipy.special" in found
    assert not {"scipy.stats", "matplotlib", "numba", "torch", "sklearn"} & found


def test_the_sources_of_data_load_their_own_libraries_when_they_are_read() -> None:
    assert loaded("import seedbed.data") <= {"numpy", "pydantic"}


def test_an_unknown_name_is_an_attribute_error() -> None:
    import seedbed

    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = seedbed.nothing
