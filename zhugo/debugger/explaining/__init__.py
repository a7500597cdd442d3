"""Why something came out as it did, and what it cost.

- ``info``: what made the trace
- ``story``: everything that happened to one node
- ``first_difference``: the first answer that did not come out again, with its node and that node's story
- ``search``: one search and its root, event by event; ``search_diff``: two of them side by side
- ``timeline``: every batch from its request to its update, and who waited for what
- ``idle_gaps``, ``stats``: why the device stood still, and the figures of it all
"""
