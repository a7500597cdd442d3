"""Matches between Go programs: many games under equal terms, and what they say of the difference in strength.

program    a GTP program in a process of its own
sides      who plays, from the text that a person writes
game_setup what a program is told before a game
game       one game, with a referee who knows the rules
final_score
           the score of a finished game: what the players agree on, or the arbiter's
arbiter    a third program that says what is dead
match      what a match is
openings   positions that games begin from
game_workers
           threads that play games, some at the same time
journal    what has been played, on disk
series     all games, kept as they end
tally      the count of games won
show       a match as a person sees it
"""
