"""Go: the board and its rules, ladders, scores, features, records."""

from pathlib import Path

from games.kernel_cache import forget_stale_kernels

forget_stale_kernels(Path(__file__).parent)
