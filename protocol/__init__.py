"""What is on the wire and on disk: messages, codec, sockets, trace file, client.

messages         the closed list; message_parts: what stands in their fields; bounded: numbers and texts, and their
                 bounds; search_settings, choices: of a session, of a daemon; update_checks: whether an evaluation makes
                 sense
codec            messages to frames, and back; packing: evaluations in fewer bytes; renamed: those of older protocols
zmtp             frames to bytes as ZMTP has them; curve: encrypted
server           the master's end: connection: one peer's; outbox: what waits for it; admission: who gets in with a key
transport        a peer's end; sockets: zmq's DEALER; addresses: where to find each other
client           for programs; client_state: what it knows; session, search_handle, opening: what its
                 user holds
principals       whose key a message came with; keys: files of keys; toml_file: small files that people edit
trace            the journal; records: what its file is made of; next_part: it goes on in another; trace_lock: one
                 writer; torn_tail: what a power cut leaves
files            written whole or not at all; errors: what can go wrong between programs
reference        the page of the protocol, made of the messages
"""
