"""A board in the browser, on the daemon's trees. In the order in which to read it:

messages   everything that the page and the server say to each other
record     a game as a tree of variations, over the SGF that it came from; nothing of a record is lost
play       a game against the engine: turns, clocks, counting, warnings
store      games and what is known of positions, on disk
review     whole games searched in the background
export     a game as a file to take away: SGF, a page, pictures
open       what is open: games, who looks at them, what is searched for them
openspiel  a game of OpenSpiel on a page of its own
server     one page, one WebSocket, downloads; tokens and origins
page       the page itself: HTML, style, scripts
"""
