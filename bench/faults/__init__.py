"""Faults done for real and in numbers: what the tests of `tests/faults/` try some of."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
