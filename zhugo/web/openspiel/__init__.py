"""A game of OpenSpiel on a page of its own: one game, which all who look at it play. In the order in which to read it:

messages     what this page and the server say to each other
boards       what a page draws: the board of dots and boxes, or OpenSpiel's picture and the moves by their names
played_line  the moves that were played, how far one has gone back, and whose turn it is; by the game's own rules
table        who plays, whose turn it is, and whether the engine is to move; pure
service      what the page asks for, done
"""
