"""What can go wrong with a net."""


class NetError(ValueError):
    """A file holds no net that this program can play with; the text is one clear line."""
