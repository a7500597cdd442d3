"""A recording as one page to look at in a browser.

- ``histories``: every change of a tree's numbers, kept so that any moment can be read back
- ``halvings``: the numbers by which Gumbel's choice goes at a cursor
- ``moves``: what a game's moves are called, and the board that they are played on
- ``gather``: one run through the recording, and all that the page shows
- ``pack``: arrays and names as one text
- ``page``: the HTML, with the style and the scripts of the folder beside it
"""
