"""The processes around the core.

options     what a daemon can be told; cli: as a command line
master      the master's process: sockets, clock, trace and signals around the core
keeper      one event after the other, whatever goes wrong at one; forked_part: checkpoints written beside the search
searchers   starts and watches the searchers' processes
allowance   how large a message each peer may send; pauses: times in which the machine did not run
referee     what the core must know of games
warm_up     loads what the master needs; compiling: says so when it must be compiled first
inprocess   a whole daemon in its client's thread; local: in threads of one process
signals     those that end a process
"""
