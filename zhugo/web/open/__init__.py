"""What is open: games, who looks at them, and what is searched for them. In the order in which to read it:

daemon         the daemon behind it all, started again whenever it is gone
live_searches  searches of the positions that people look at
viewer         one who looks at a game
open_game      a game that is open: its record, what is known of its positions, the game that is played in it
service        what the page asks for, done

One lock guards it all: whatever the page asks for, and whatever a search or a game tells, is taken one by one.
"""
