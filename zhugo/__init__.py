"""The programs that people run; ``cli``, ``app`` and ``commands`` are the command line. By folder:

bridges    for GUIs and tools: GTP, KataGo's analysis protocol, and a board in the terminal
review     zhugo analyze: every position of a game
debugger   the trace debugger
learning   self-play, training, distillation, and the loop of them
strength   matches between programs, and which of two nets is better
shared     what several of these need
"""
