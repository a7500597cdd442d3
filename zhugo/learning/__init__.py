"""How nets are made. In the order in which to read it:

samples    searched positions of finished games on disk, which training reads
selfplay   games that a net plays against itself
training   a net learns from games
distill    a net learns from another one
loop       self-play, training and the arena, again and again
"""
