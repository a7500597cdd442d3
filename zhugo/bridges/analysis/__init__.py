"""KataGo's analysis protocol (its docs/Analysis_Engine.md): queries in, a line of JSON each, and answers out.

``query`` reads a query, with the help of ``fields``, ``game`` and ``settings``; ``engine`` has its turns searched by
the daemon, the urgent ones first; ``answers`` writes what came out; ``conversation`` is one client, over ``stdio`` or
``websocket``.
"""
