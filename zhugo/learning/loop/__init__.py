"""The loop: games, training, the arena, again and again. In the order in which to read it:

preset    everything that a person may set; the presets beside it are TOML
memory    what a preset asks of memory
folder    a run on disk: whose it is, its nets, its history
times     where the time of an iteration went
loop      the iterations
show      a run as a person sees it
report    a run as one HTML page
"""
