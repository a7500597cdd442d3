"""`zhugo bench`: the measurements of the package `bench`, each as a table or as JSON.

group     the group of commands, and how their figures are shown
speed     how fast the parts are, and the whole
strength  how well it plays, counts and searches
"""

from bench.commands import speed, strength
from bench.commands.group import app

__all__ = ["app", "speed", "strength"]
