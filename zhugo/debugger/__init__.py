"""The trace debugger: what a daemon recorded, replayed, explained, shown and made small.

- ``reading``: a trace as a sequence of events, and a core that can be put behind any of them
- ``explaining``: why something came out as it did, and what it cost
- ``showing``: the same in the terminal, for other programs and as a page
- ``reducing``: a failing recording made small
"""
