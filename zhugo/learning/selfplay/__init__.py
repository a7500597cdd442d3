"""Games that a net plays against itself, for training. In the order in which to read it:

plan       what is played, and how: everything that a person may set
game       one game while it is played
player     many games at once over one daemon
tasks      what a run and its workers say to each other
worker     a player in a process of its own
pool       the workers of this machine
store      the folder while it is written
run        games are dealt, written, and dealt again where a worker died
show       the bar, and what it came to
command    zhugo selfplay as a whole
"""
