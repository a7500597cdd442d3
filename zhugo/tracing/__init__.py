"""The trace debugger: what a daemon recorded, lived through again, told and drawn.

- ``recording``: the file, as far as it can be read, and the byte where reading stopped
- ``words``: what people call the peers, the moves and the messages
- ``moments``: a core that can be put to any moment of the recording, and tells what happened in its last event
- ``breaks``: what a run stops at
- ``story``: everything that happened to one node
- ``difference``, ``playback``: the first answer that did not come out again, with its node and that node's story
- ``schedule``: the inbound messages, of which any part can be fed to a core; ``minimize``: delta debugging; ``shrink``:
  a failing recording made small by both
- ``search``: one search and its root, event by event; ``diff``, ``diff_text``: two of them side by side
- ``text``, ``console``: one moment as tables, and all of the above by hand
- ``course``: every batch from its batch request to its update, and who waited for what; read by
- ``timeline``, ``perfetto``, ``timeline_picture``: the columns of master, searchers and device, in the terminal, as
  Chrome trace events, and as a ``picture``
- ``gaps``, ``stats``: why the device stood still, and the figures of it all
- ``view``: all of it as one page for a browser
"""
