"""A club that uses one daemon for a long time, while its processes are killed: is anything lost, and does it grow?

member    what one member of the club does, and what it was promised: the ledger
club      a process of members, each in a thread of its own
killing   the daemon, its deaths, and what its processes hold
run       all of it together, and the figures
"""
