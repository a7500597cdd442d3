"""All schedules side by side, on the same core and the same evaluations.

costs         what each step takes, measured here or given
made_up_net   evaluations of a game without rules, sharp or flat
tree_driver   the real core under a schedule: asks, grants, updates, and what they cost
cores         processes that share the cores of a machine that is not here
simulator     a whole search on a virtual clock
processes     the same in real processes, with the emulated device; the simulation checked against it; encoders: those
              that encode
compare       one schedule beside the sequential search: speed, distance, depth, memory
matches       games between schedules at equal time; breakthrough, go_with_net: what is played
prediction    what algorithm 3 claims of its forecasts, for nets of several strengths
original      the figures of the original project beside ours
kept          what was measured already, in a file
sweep         which schedules are compared at which work, and who wins
measure       all of it; pictures, report: as one page
"""
