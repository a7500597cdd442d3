"""ZhuGo's own nets of both families as one, for those who make and train them: Go's, and those of any other game."""

from __future__ import annotations

import torch

from games import Game
from games.go.game import Go
from nets import NetError, game_model, zhugo_file, zhugo_model
from nets.game_model import GameModel
from nets.zhugo_model import ZhuGoModel
from zhugo.learning.training.plan import Shape

Config = zhugo_model.Config | game_model.Config
Model = ZhuGoModel | GameModel

_LEAST_POOLED = 8
_WIDEST_HEAD = 32


def new_net(game: Game, shape: Shape, seed: int) -> tuple[Config, Model]:
    """A net with random weights. Raises ``NetError`` for a board of Go that no net of ours plays on."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if isinstance(game, Go):
            config = _go_config(game, shape)
            return config, zhugo_model.initialized(config)
        other = _game_config(game, shape)
        return other, game_model.initialized(other)


def dump(config: Config, model: Model) -> bytes:
    """The bytes of a file, which ``load_net`` and ``nets.load`` take. Weights are rounded to half precision."""
    if isinstance(config, zhugo_model.Config) and isinstance(model, ZhuGoModel):
        return zhugo_model.dump(config, model)
    assert isinstance(config, game_model.Config)
    assert isinstance(model, GameModel)
    return game_model.dump(config, model)


def load_net(data: bytes) -> tuple[Config, Model]:
    """Configuration and net, float32, from the bytes of a file. Raises ``NetError`` for one that is not ZhuGo's own."""
    if data[8:9] != b"{":
        raise NetError("only ZhuGo's own nets can be trained further")
    if zhugo_file.header(data).format == zhugo_file.GAME_FORMAT:
        return game_model.load_trainable(data)
    return zhugo_model.load_trainable(data)


def features_of(config: Config) -> str:
    """The kind of inputs of such a net. Raises ``NetError``."""
    return zhugo_model.features_of(config) if isinstance(config, zhugo_model.Config) else config.features


def plays(config: Config, game: Game) -> bool:
    """Whether a net of this configuration is for this game."""
    if isinstance(config, zhugo_model.Config):
        least, most = zhugo_model.MIN_SIZE, zhugo_model.MAX_SIZE
        return isinstance(game, Go) and all(least <= side <= most for side in (game.width, game.height))
    return (config.game, config.spec) == (game.name, game.spec())


def _go_config(game: Go, shape: Shape) -> zhugo_model.Config:
    """Bottlenecks of half the filters, as KataGo's; every third block pools."""
    blocks, filters = shape.blocks, shape.filters
    config = zhugo_model.Config(
        f"zhugo-b{blocks}c{filters}nbt",
        stem=3,
        blocks=blocks,
        channels=filters,
        inner=filters // 2,
        pooling=tuple(range(blocks // 3, blocks, 3)),
        pooled=max(_LEAST_POOLED, filters // 4),
        head=min(_WIDEST_HEAD, filters),
    )
    if not plays(config, game):
        raise NetError(f"nets for Go play on {zhugo_model.MIN_SIZE} to {zhugo_model.MAX_SIZE} points a side")
    return config


def _game_config(game: Game, shape: Shape) -> game_model.Config:
    features = game.own_features
    planes, (globals_,) = game.feature_shapes(features)
    channels, height, width = planes
    return game_model.Config(
        f"{features.partition('(')[0]}-b{shape.blocks}c{shape.filters}",
        game.name,
        game.spec(),
        features,
        (channels, height, width),
        globals_,
        game.num_moves,
        shape.blocks,
        shape.filters,
    )
