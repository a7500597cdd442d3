"""A game in a terminal: a person against the engine. In the order in which to read it:

shown         a game as people see it: boards, names of moves, results
dots_board    coordinates around the board of dots and boxes
typed         what a person typed, understood
conversation  the game itself: who moves, what is said, undo and hint
"""
