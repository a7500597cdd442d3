"""Nets: KataGo's files, Leela Zero's, and ZhuGo's own, for Go and other games.

``nets.load(path)`` gives one; torch is imported only then.
"""

import os

# Before torch is imported, for OpenMP reads it once: threads that wait for each other sleep. By default they spin, and
# on cores that other processes want too (the master, another searcher) two threads are then far slower than one.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from nets.decode import Evaluations, decode, half_prior_bits
from nets.errors import NetError
from nets.net import BUNDLED, Net, RawOutputs, load

__all__ = ["BUNDLED", "Evaluations", "Net", "NetError", "RawOutputs", "decode", "half_prior_bits", "load"]
