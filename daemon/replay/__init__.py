"""The core without processes: from a trace, or from a seed.

step         frames in, frames out: one event of the core
replay       the events of a trace once more, and the core at its end; versions: of what wrote it; verify: how far it
             is good
simulation   all actors and their messages from a seed, over hashed_game, whose positions are hashes; simulated_club:
             principals among them
"""
