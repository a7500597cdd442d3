"""What is open: games, who looks at them, and what is searched for them. In the order in which to read it:

daemon         the daemon behind it all, started again whenever it is gone
live_searches  searches of the positions that people look at
reported       what a search says, in the words of the page
playing        a game against the engine, in the record in which it is played
open_game      a game that is open
open_games     all of them, opened from the disk and saved there
exports        a game as a file to take away
why            the search that one looks at, as the trace page shows it
library        folders of games that the person named
viewer         one who looks at a game
views          who looks where, and what is searched for them
service        what the page asks for, done

One lock guards it all: whatever the page asks for, and whatever a search or a game tells, is taken one by one.
"""
