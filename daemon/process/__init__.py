"""The processes around the core.

options            what a daemon can be told; cli: as a command line; config_file: as a file of TOML; reloading: what of
                   it can change while it runs; schedule_choice: what --schedule auto comes to
master             the master's process: sockets, clock and signals around the core
journaled_core     the core with its trace: one event after the other, whatever goes wrong at one
journal            the trace as the master keeps it; syncing: has it on the disk every second; forked_part: checkpoints
                   written beside the search; replay_meter: how long a restart would take
session_store      the folder of sessions that nobody uses
searcher_pool      all searchers of a master, and the net that they have; searchers: starts and watches processes;
                   net_swap: gives them another net, one by one; net_file: the net for searchers elsewhere
gate               who may come in, by the folder of keys; audit: lines about those who may not
message_limits     how large a message each peer may send; pauses: times in which the machine did not run
operation          what a master does for its operator; log: what it says; figures: what it knows of itself; metrics:
                   these for Prometheus; http_server: shows them; spans: requests for OpenTelemetry; notify: how it is,
                   for the service manager; drain: how it ends
referee            what the core must know of games
warm_up            loads what the master needs; compiling: says so when it must be compiled first
in_process_daemon  a whole daemon in its client's thread; local_master: a master in a thread, with real searchers
signals            those that end a process, or have it reload
"""
