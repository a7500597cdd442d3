"""The wire as documents, made of the messages themselves.

``python -m protocol.reference`` writes, into the ``docs`` of a checkout, the tables of ``protocol.md`` and the golden
frames of ``protocol-session.json``. ``tables`` reads the types, ``example`` is a conversation, ``golden`` its frames.
"""
