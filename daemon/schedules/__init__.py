"""Ways to schedule one search over processes, pure: told what happened, they say what to do. Drivers do it: a
simulation, real processes, or a daemon's searcher.

interface      what a schedule hears and says, and what it declares of itself
course         what all have in common: grants, tensors that are encoded, tasks of encoders; tensors: those that wait
ahead          algorithm 1: the best leaf alone, others encoded ahead
together       algorithm 2: as many leaves as cores, encoded at once and evaluated together
virtual        algorithm 3: a batch that virtual bounds predict is encoded ahead
spread         one searcher or more, each batch encoded by all processes
double_buffer  algorithm 4: searchers half a beat apart; one at a time and one leaf each is the sequential search
threads        KataGo's: many walkers of one leaf each, whose leaves a device takes as it finds them
many_trees     OpenSpiel's and MiniZero's: one process takes a leaf of each of many trees
table          all of them by name; choice: which one suits a machine; service: what of them a daemon can run
"""
