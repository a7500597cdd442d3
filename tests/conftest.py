"""Puts the root of the repository on the path, so that tests can share modules of this package."""

import nets  # noqa: F401 - before any test imports torch: it settles how torch's threads wait
