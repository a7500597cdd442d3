"""The nets of a daemon, as KataGo describes its models to its clients."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from games.game import takes_players
from nets.facts import features_of, identity_of, name_of
from protocol.messages import NetInfo, Status

Model = dict[str, Any]


def models(status: Status) -> list[Model]:
    """The different nets of the searchers that have one: KataGo's fields, and then our own."""
    found = {
        searcher.net.sha256: _model(searcher.net, searcher.batch_size) for searcher in status.searchers if searcher.net
    }
    return list(found.values())


def model_in(file: Path) -> Model:
    """What a file says of its net, which no searcher has yet. Raises ``NetError``."""
    return _model(NetInfo(name_of(file), identity_of(file)[0], features_of(file), "none yet"), 0)


def _model(net: NetInfo, batch: int) -> Model:
    """``version`` is that of the inputs, since nobody but the searcher has the file."""
    number = re.search(r"_v(\d+)", net.features)
    return {
        "name": net.name,
        "internalName": net.name,
        "maxBatchSize": batch,
        "usesHumanSLProfile": takes_players(net.features),
        "version": int(number[1]) if number else 0,
        "usingFP16": "true" if "f16" in net.device else "false",
        "features": net.features,
        "device": net.device,
        "sha256": net.sha256,
    }
