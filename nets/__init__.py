"""Nets: KataGo's files and ZhuGo's own. ``nets.load(path)`` gives one; torch is imported only then."""

from nets.decode import Evaluations, decode, half_prior_bits
from nets.errors import NetError
from nets.net import Net, RawOutputs, load

__all__ = ["Evaluations", "Net", "NetError", "RawOutputs", "decode", "half_prior_bits", "load"]
