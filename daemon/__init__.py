"""The server: a pure core that owns the trees, and the processes around it. Rooms, in the order in
which to read them:

core        the pure core: all trees, and handle(sender, message, now) -> messages
schedules   ways to schedule a search over processes, pure
replay      the core from a trace or from a seed, in one thread
evaluation  what evaluates leaves: encoder, evaluator, devices
process     the processes around them: options, start, signals, death
remote      the program zhugo-searcher: searchers on other machines

  tree_master  the program zhugo-searchd: the master's process
  searcher     the program that the master starts for each searcher: select -> encode -> submit -> update
  gpu_client   submit(batch) -> future: a device as the searcher sees it
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
