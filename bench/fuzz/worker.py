"""`python -m bench.fuzz.worker TARGET FOUND CORPUS [LIBFUZZER OPTION]..`: the process in which one target is fuzzed."""

from __future__ import annotations

import sys
import traceback
import warnings
from pathlib import Path

import atheris

OURS = ["seedbed", "tomllib", "zipfile"]  # whose branches guide the fuzzer
COMPILED = ["seedbed.engines", "seedbed.nn", "seedbed.simd"]  # Numba reads the bytecode of some


def main() -> None:
    """Fuzz until libFuzzer's options say to stop; what broke the target is kept once per place, and fuzzing goes on."""
    name, found, *options = sys.argv[1:]
    with atheris.instrument_imports(include=OURS, exclude=COMPILED):
        from fuzzing.targets import TARGETS

        read = TARGETS[name].read
        for seed in TARGETS[name].seeds():  # what it imports only now is instrumented as well
            read(seed)
    warnings.simplefilter("ignore")

    def one(content: bytes) -> None:
        try:
            read(content)
        except Exception as error:
            _keep(Path(found), content, error)

    atheris.Setup([sys.argv[0], *options], one)
    atheris.Fuzz()


def _keep(found: Path, content: bytes, error: Exception) -> None:
    """Keep an input and its traceback, unless one that broke the same line in the same way is there."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    kind = f"{type(error).__name__}-{Path(place.filename).stem}-{place.lineno}"
    path = found / kind
    if not path.exists():
        path.write_bytes(content)
        print(f"found {path}:\n{''.join(traceback.format_exception(error))}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
