"""Pages for a browser: what several of them share. In the order in which to read it:

library   ES modules and styles: elements, numbers, stones, the board and what is drawn on it
bundle    a page as one file: its modules and those of the library as one script

A page's modules lie in a folder of their own. They import each other as ``./name.js`` and the library as
``../library/name.js``: so a server gives them out as ``/page/`` and ``/library/``.
"""
