"""A game as something to take away. In the order in which to read it:

reviewed   what is known of a record, put together from its analyses
records    the record as SGF, with its review written into it
diagram    a picture of a board, or several in turn; knows nothing of records
pictures   the position at a node as PNG, a line of moves as GIF
page       a reviewed game as one HTML file

All of it is pure: from a record tree and its analyses by node to bytes.
"""

from zhugo.web.export.page import page_of_game, page_of_review
from zhugo.web.export.pictures import gif_of, png_of
from zhugo.web.export.records import annotated

__all__ = ["annotated", "gif_of", "page_of_game", "page_of_review", "png_of"]
