"""What is on the wire and on disk: messages, codec, sockets, trace file, client."""
