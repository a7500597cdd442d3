"""``zhugo-searcher``: a searcher that joins a daemon from wherever it is.

cli            its command line; options: what it can be told
program        from the command line to the exit code; ending: the wish that something ends
net_cache      nets that were fetched, on this machine's disk
fetching       the daemon's net, asked for and fetched
joined         N searchers over one device, each with a connection of its own, which is made again for ever
ray_searchers  such programs as actors of a Ray cluster, whose number scaling says; ray_cluster: the connection to it
"""
