"""A game as a tree of variations, over the nodes of the SGF that it came from. Pure. In the order in which to read it:

tree     the nodes, numbered, and how they may be changed; whatever a node says besides stays as it was
places   the position at a node, as the daemon searches it
facts    a node and a game in the words of the page
"""

from zhugo.web.record.facts import about, game_message, node_message
from zhugo.web.record.places import Place, main_places
from zhugo.web.record.tree import BadEdit, RecordTree

__all__ = ["BadEdit", "Place", "RecordTree", "about", "game_message", "main_places", "node_message"]
