"""Run by a Python that has KaTrain: its own engine classes at work, without a window. It prints JSON.

katrain_driver.py {local PROGRAM | custom COMMAND | remote URL}
"""

# ruff: noqa: T201
# mypy: ignore-errors

import json
import os
import socket
import sys
import time

os.environ |= {"KIVY_NO_ARGS": "1", "KIVY_LOG_MODE": "PYTHON", "KIVY_NO_CONFIG": "1"}

from katrain.core.game_node import GameNode
from katrain.core.remote_engine import make_engine
from pysgf import Move

PATIENCE = 60.0
VISITS = 20


class Katrain:
    """What an engine wants of the program around it."""

    def __init__(self):
        self.errors = []
        self.warnings = []
        self.popups = []

    def log(self, message, level=0):
        if level == -1 or "Unexpected" in str(message):
            self.errors.append(str(message))
        if "'warning'" in str(message) or "warning:" in str(message):
            self.warnings.append(str(message))

    def __call__(self, message, *args):
        self.popups.append([message, *map(str, args)])


def wait(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            print(f"in vain: {what}", file=sys.stderr, flush=True)
            os._exit(1)  # its threads may wait for ever
        time.sleep(0.01)


def game():
    root = GameNode(properties={"SZ": "9", "KM": "6.5", "RU": "japanese"})
    node = root
    for player, vertex in (("B", "E5"), ("W", "C3"), ("B", "G7"), ("W", "pass"), ("B", "pass")):
        node = node.play(Move.from_gtp(vertex, player=player))
    return node.nodes_from_root


def review(engine, nodes):
    """Every position, as when a game was loaded."""
    for node in nodes:
        engine.request_analysis(
            node,
            lambda analysis, partial, node=node: node.set_analysis(analysis, partial_result=partial),
            visits=VISITS,
        )
    wait(lambda: all(node.analysis_complete for node in nodes), "the review")
    return [
        {
            "complete": node.analysis_complete,
            "visits": node.root_visits,
            "moves": len(node.candidate_moves),
            "ownership": len(node.ownership or []),
            "policy": len(node.policy or []),
            "score": node.format_score() is not None,
        }
        for node in nodes
    ]


def ponder(engine, node):
    """Analysis without end, until it is stopped."""
    seen = []
    for _ in range(3):  # asked for again and again, as long as the button is on
        engine.request_analysis(node, lambda _, partial: seen.append(partial), ponder=True, report_every=0.05)
    wait(lambda: len(seen) >= 3, "reports")
    engine.stop_pondering()
    wait(lambda: not seen[-1], "the last report")
    return {"during": seen[:3], "last": seen[-1]}


def other_moves(engine, node):
    """More moves than those that are known, and moves of one corner. Either answer may come first."""
    answers = {}

    def ask(about, **wish):
        engine.request_analysis(node, lambda analysis, _: answers.update({about: analysis}), visits=VISITS, **wish)

    ask("others", find_alternatives=True)
    ask("corner", region_of_interest=[0, 2, 0, 2])
    wait(lambda: len(answers) == 2, "other moves")
    found = {about: {info["move"] for info in answer["moveInfos"]} for about, answer in answers.items()}
    corner = {f"{column}{row}" for column in "ABC" for row in (1, 2, 3)}
    return {
        "known": len(set(node.analysis["moves"]) & found["others"]),
        "outside": len(found["corner"] - corner - {"pass"}),
    }


def illegal(engine, node):
    """A sweep tries moves that may be illegal, and knows that by the error's words."""
    errors = []
    engine.request_analysis(
        node, lambda *_: None, error_callback=errors.append, next_move=Move.from_gtp("E5", player="W")
    )
    wait(lambda: errors, "an error")
    return "Illegal move" in errors[0]["error"]


def new_game(engine, nodes):
    """What is open when another game begins is dropped."""
    for node in nodes:
        engine.request_analysis(node, lambda *_: None, visits=1_000_000)
    wait(lambda: len(engine.queries) == len(nodes), "open queries")
    engine.on_new_game()
    return engine.is_idle() or engine.write_queue.qsize()


def cut_off(engine, node):
    """The network fails in the middle of a search."""
    answers = []
    engine.request_analysis(node, lambda _, partial: answers.append(partial), visits=5000, report_every=0.05)
    wait(lambda: answers, "a report")
    engine.ws.sock.shutdown(socket.SHUT_RDWR)
    wait(lambda: not answers[-1], "the end of the search after the reconnect")
    return len(answers) > 1


def main():
    kind, target = sys.argv[1:]
    config = {
        "max_visits": VISITS,
        "max_time": 60.0,
        "wide_root_noise": 0.04,
        "_enable_ownership": True,
        "backend": kind,
    }
    config |= {"katago": target, "altcommand": target, "remote_url": target, "model": __file__, "config": os.devnull}
    katrain = Katrain()
    engine = make_engine(katrain, config)
    nodes = game()
    told = {
        "review": review(engine, nodes),
        "ponder": ponder(engine, nodes[2]),
        "other moves": other_moves(engine, nodes[2]),
        "illegal": illegal(engine, nodes[1]),
        "new game": new_game(engine, nodes[:3]),
        "again": review(engine, game()),
    }
    if kind == "remote":
        told["cut off"] = cut_off(engine, nodes[0])
    engine.shutdown(finish=False)
    print(json.dumps({**told, "errors": katrain.errors, "warnings": katrain.warnings, "popups": katrain.popups}))


main()
