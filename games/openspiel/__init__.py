"""Games of OpenSpiel as ``games.game.Game``. ``catalogue`` says which; they need the package ``open_spiel``."""
