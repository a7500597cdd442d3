"""The server: a pure core that owns the trees, and the processes around it."""

from pathlib import Path

from games.kernel_cache import forget_stale_kernels

forget_stale_kernels(Path(__file__).parent)
