"""Puts the root of the repository on the path, so that tests can share modules of this package."""

import signal

import nets  # noqa: F401 - before any test imports torch: it settles how torch's threads wait

# A shell that starts the tests in the background has them ignore SIGINT, and with them every process they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
