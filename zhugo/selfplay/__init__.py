"""Games that a net plays against itself, for training. In the order in which to read it:

plan       what is played, and how: everything that a person may set
samples    the finished games on disk, which training reads
"""
