"""A failing recording made small: ``minimize`` is delta debugging, ``shrink`` applies it to messages."""
