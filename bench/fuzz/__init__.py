"""Long fuzzing, guided by coverage: the targets of `tests/fuzzing/targets.py` under Atheris (libFuzzer)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
