"""Puts the root of the repository on the path, so that tests can share modules of this package."""

import signal

from hypothesis import HealthCheck, settings

import nets  # noqa: F401 - before any test imports torch: it settles how torch's threads wait

# A shell that starts the tests in the background has them ignore SIGINT, and with them every process they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No test asserts a time, and each run tries the same examples: a machine that is slow fails nothing.
settings.register_profile("zhugo", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("zhugo")
