"""The review of a game: every position searched, and what is made of it.

``positions`` has them searched, ``moves`` says what each move cost, and the others put it before a person: a table, an
annotated SGF, a picture, and JSON.
"""
