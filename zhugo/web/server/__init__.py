"""The board's server: one page, one WebSocket, downloads. In the order in which to read it:

served    what it asks of what it serves
guard     who may come in: tokens, origins, and what the page may do
outbox    messages on their way to a page that may be slow
sockets   one WebSocket: a conversation with a page
app       the routes
run       the server started, and ended
"""
