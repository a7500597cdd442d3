"""What was read and explained, for a person or another program.

- ``playback``, ``real_time``: the whole recording, as fast as it goes or at its own speed
- ``console``: step by step, by hand
- ``tables``, ``search_diff_tables``, ``timeline_table``: for the terminal
- ``timeline_picture``, ``picture``: as SVG; ``perfetto``: as Chrome trace events
- ``view``: all of it as one page for a browser
"""
