"""Whether a new net is better: games against the one before it, in pairs from the same openings.

plan      how nets are compared, as presets have it
sprt      when enough has been played
engine    a net that searches many positions at once, in this process
openings  positions that pairs of games begin from
pairs     the games, many at a time
contest   pairs until it is decided, on several cores
ratings   Elo from net to net, kept as a file
"""
