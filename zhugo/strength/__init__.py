"""How strong something is: ``match`` between any two programs, ``arena`` between two nets; ``elo`` is what both say."""
