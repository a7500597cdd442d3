"""The programs that people run. ``cli`` and ``commands`` are the command line; each folder is one of the programs:

gtp, analysis    for GUIs and tools: GTP, and KataGo's analysis protocol
review           zhugo analyze: every position of a game
match, play      games against other programs, and against a person in a terminal
debugger         the trace debugger
selfplay, training, arena, learn
                 games of a net against itself, training on them, which net is better, and the loop of the three
distill          a net of ours out of a large one

The files beside them are what several of these share.
"""
