"""The nets of a daemon, as KataGo describes its models to its clients."""

from __future__ import annotations

import re
from typing import Any

from protocol.messages import NetInfo, SearcherStatus, Status

Model = dict[str, Any]


def models(status: Status) -> list[Model]:
    """The different nets of the searchers that have one: KataGo's fields, and then our own."""
    found = {searcher.net.sha256: _model(searcher, searcher.net) for searcher in status.searchers if searcher.net}
    return list(found.values())


def _model(searcher: SearcherStatus, net: NetInfo) -> Model:
    """``version`` is that of the inputs, since nobody but the searcher has the file."""
    number = re.search(r"\d+$", net.features)
    return {
        "name": net.name,
        "internalName": net.name,
        "maxBatchSize": searcher.wish,
        "usesHumanSLProfile": False,
        "version": int(number[0]) if number else 0,
        "usingFP16": "true" if "f16" in net.device else "false",
        "features": net.features,
        "device": net.device,
        "sha256": net.sha256,
    }
