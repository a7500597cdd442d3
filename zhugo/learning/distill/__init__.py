"""Making nets: games that a teacher plays, and a net of our own that learns what the teacher makes of them."""
