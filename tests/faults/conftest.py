"""Faults are done with what Linux has: forked processes, /proc, limits, mounts."""

import sys

collect_ignore_glob = [] if sys.platform == "linux" else ["test_*.py"]
