"""The server: a pure core that owns the trees, and the processes around it. In the order in which to read it:

The core. It imports ``protocol.messages``, numba and numpy, and nothing that talks to the outside.
  search_tree   all state of a tree, and the kernels that walk, expand and back up
  collisions    what happens when two searches meet: the rules, speculation
  session       one game: record, cursor, tree, limits; report: what it says of itself
  sessions      all of them, their clients, searches and reports
  bounds        what clients may make it keep and do; housekeeping: who makes room, and how
  tickets       which searcher evaluates which leaves, who is parked where; standing: how long each may take
  scheduler     handle(sender, message, now) -> messages; peers: who they are, and their leases
  status        the daemon at one moment, with what metrics counts
  invariants    what always holds
  checkpoint    all of it as frames, and back

The core from a seed, in one thread: simulation, over hashed_game.

The shell.
  step          frames in, frames out: one event of the core; replay feeds it from a trace, local from this process
  tree_master   the master's process: sockets, clock, trace; searchers starts and watches the other processes
  allowance     how large a message each peer may send
  referee       what the core must know of games
  searcher      the loop select -> encode (encoder) -> submit -> update; evaluator: its steps
  gpu_client    submit(batch) -> future: a device as the searcher sees it; the folder devices holds those that there are
  inprocess     a whole daemon in its client's thread
  serve         one life of a daemon, by its options; cli: the command line; signals, compiling, versions and
                warm_up help it
"""

import os
import signal
import sys
from pathlib import Path

_IS_PROGRAM = sys.argv[0] == "-m" or Path(sys.argv[0]).name.startswith("zhugo-searchd")
if _IS_PROGRAM and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # It is being loaded, which takes a moment, and a person may press Ctrl-C in it: nothing has begun yet.
    for _number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(_number, lambda number, _: os._exit(128 + number))

from games.kernel_cache import forget_stale_kernels  # noqa: E402

forget_stale_kernels(Path(__file__).parent)
