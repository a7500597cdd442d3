"""GTP, the text protocol of Go programs (version 2): zhugo as an engine for GUIs, tools and other programs.

``protocol`` reads lines and writes answers, and knows nothing of Go; the ``*_commands`` modules are tables of
commands by theme; ``engine`` holds the game and its session in the daemon.
"""
