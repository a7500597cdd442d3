"""`zhugo bench`: the measurements of the package `bench`, each as a table or as JSON.

group      the group of commands, and how their figures are shown
service    a daemon that many use, for long
speed      how fast the parts are, and the whole
schedules  ways to schedule a search over processes
strength   how well it plays, counts and searches
"""

from bench.commands import schedules, service, speed, strength
from bench.commands.group import app

__all__ = ["app", "schedules", "service", "speed", "strength"]
