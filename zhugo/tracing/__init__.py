"""The trace debugger: what a daemon recorded, lived through again, told and drawn.

recording   the file: every event that can be read, and the byte where reading stopped
words       what people call the peers, the moves and the messages
moments     a core that can be put to any moment of the recording
breaks      what a run stops at
story       everything that happened to one node
difference  the first answer that did not come out again, with the node and its story
text        a tree, tickets and parked searchers at one moment
console     all of that by hand
"""
