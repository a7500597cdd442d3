"""A trace as a sequence of events, and a core that can be put behind any of them.

- ``recording``: the file, as far as it can be read, and the byte where reading stopped; ``entries``: its events
- ``schedule``: the inbound messages, of which any part can be fed to a core
- ``seekable_core``: a core behind any event, and what happened in it
- ``breakpoints``: what a run stops at
- ``labels``: what people call the peers, the moves and the messages
"""
