"""The review of a game: every position is searched, and every move judged.

``positions`` has them searched, ``move_costs`` says what each move cost, and the others show it: a table, an annotated
SGF, a picture, and JSON. ``one_position`` is the search of a single position.
"""
