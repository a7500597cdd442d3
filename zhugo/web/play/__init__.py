"""A game against the engine: turns, clocks, undo, hints, warnings of mistakes, counting. In reading order:

events         what happens in a game, and what it wants of the engine
standing       a game as it is kept, and as it is told
clocks         what is left on a clock, and when it falls
clock_pair     both clocks of a game
count          the count at the end, as people agree on it
beginning      a game as it begins, at any position of a record
game           the game itself, pure: events with their times in, requests and standings out
engine_player  the engine that plays it, on the daemon's trees
played_game    both together, with their threads

What the room promises to those who open games
-----------------------------------------------
``PlayedGame.begin(spec, before, opponent, access, told, turn=None)`` begins a game at the node that is looked at:

- ``spec``: the specification of Go (``games.go.game``) with size, komi, rules as asked for, and the stones that are set
  up (a handicap, or a position in the midst of a record) with ``to_play``;
- ``before``: the moves from there to the node, (color, point) each, the pass included. ``turn``: who is to move at the
  node, where the record says so and it is not the other player;
- ``opponent``: as the page sent it. ``levels(human)`` are the ranks that there are;
- ``access``: an ``EngineAccess``, which gives the daemon's client; the game opens and closes sessions of its own;
- ``told(standing)``: called after everything that changes, in order, never twice at a time, and with no lock of the
  game held: it may call the game. It is called in the thread of a caller, or in one of the game's own; it should hand
  on and return (``loop.call_soon_threadsafe``).

A ``Standing`` is all there is to know. ``standing.moves`` are all moves since the game began, also after undo: walk
from the node where it began and add those that are not there; the last node reached is the ``node`` of
``standing.play(game, node)`` and of ``standing.warned(game, node)`` (None but while a move is warned of).
``standing.result`` is for RE of the record once the stage is ``over``; a move's ``left`` is for BL, WL, OB and OW.

``play(point)`` is the person's move, ``act(act)`` all else; both raise ``Refused``, one line for ``Failed``, and then
nothing has changed. ``watched(by_anybody)`` says whether anybody looks: while nobody does no clock runs. ``standing()``
is the game now, for somebody who joins. ``saved()`` is JSON: keep it whenever something was told;
``PlayedGame.bring_back(saved, access, told)`` goes on from it, in another process, too. No clock runs between the two:
with clocks the game is paused until the person goes on. ``close()`` ends its threads and its session, and leaves the
game as it is. When the daemon goes away the game waits, says so, and goes on when it is back, or with another client of
``access.connect``.
"""

from zhugo.web.play.engine_player import EngineAccess, levels
from zhugo.web.play.events import Refused
from zhugo.web.play.played_game import PlayedGame
from zhugo.web.play.standing import Standing

__all__ = ["EngineAccess", "PlayedGame", "Refused", "Standing", "levels"]
