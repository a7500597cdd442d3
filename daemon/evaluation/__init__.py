"""What evaluates leaves, in the order in which a grant passes through it.

evaluator         a grant in, an update out
encoder           positions from moves, and their planes; lru_cache: the games that it keeps
encoder_pool      several processes that encode for one searcher, by a schedule; encoder_process: one of them
walkers           many searchers of one leaf each in one process, which share a device
devices           those that there are, and which suits a net
schedule_probe    what encoding and the device take here, for the choice of a schedule
searcher_options  what a searcher is told; machine: the cores and the memory that there are; gpu_monitor: what the GPUs
                  are doing; child_process: how to start a process of this program
"""
