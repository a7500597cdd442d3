"""The processes around the core.

options            what a daemon can be told; cli: as a command line
master             the master's process: sockets, clock, trace and signals around the core
journaled_core     the core with its trace: one event after the other, whatever goes wrong at one
forked_part        checkpoints written beside the search
searchers          starts and watches the searchers' processes
message_limits     how large a message each peer may send; pauses: times in which the machine did not run
referee            what the core must know of games
warm_up            loads what the master needs; compiling: says so when it must be compiled first
in_process_daemon  a whole daemon in its client's thread; local_master: a master in a thread, with real searchers
signals            those that end a process
"""
