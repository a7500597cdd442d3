"""What the page asks for, done. Every method takes the one lock, so what is told goes out in the order of events."""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from games.game import GameError
from games.go import rules as go_rules
from games.go.game import Go
from games.go.handicap import fixed_handicap
from games.go.sgf import Segment
from games.go.sgf.errors import SgfError
from protocol.client import Client
from protocol.errors import ProtocolError
from protocol.messages import Restriction
from zhugo.shared.errors import UserError
from zhugo.shared.human_net import imitates_people
from zhugo.shared.local_net import LocalNet
from zhugo.shared.options import DaemonOptions
from zhugo.shared.restrictions import leave_nothing
from zhugo.web import messages as m
from zhugo.web.open.exports import exported
from zhugo.web.open.library import FolderLibrary
from zhugo.web.open.live_searches import Found
from zhugo.web.open.open_game import OpenGame
from zhugo.web.open.open_games import OpenGames
from zhugo.web.open.playing import Playing
from zhugo.web.open.viewer import Viewer
from zhugo.web.open.views import Views
from zhugo.web.open.why import TracePage, trace_page
from zhugo.web.play import EngineAccess, Refused, Standing, levels
from zhugo.web.record import BadEdit, Place, RecordTree
from zhugo.web.review import Reviews
from zhugo.web.store.analyses import AnalysisStore
from zhugo.web.store.games import GameStore

PROBLEMS = (BadEdit, GameError, SgfError, UserError, ProtocolError, Refused, ValueError)
"""What can be wrong with what was asked for; each text is one line for people."""
CLIENT_SECONDS = 1.0
"""How long a search or a game waits for a daemon before it looks whether it is still wanted."""


@dataclass(frozen=True)
class Parts:
    """What a service works with.

    ``client`` gives the daemon's client, within the seconds that it is told. ``version``: of this program. ``nets``:
    files of other nets to compare with, by name. ``options``: of the daemon, whose device those use too.
    ``human_net``: a net beside the daemon's that imitates people.
    """

    client: Callable[[float | None], Client]
    games: GameStore
    analyses: AnalysisStore
    library: FolderLibrary
    version: str = ""
    nets: Mapping[str, Path] = field(default_factory=dict)
    options: DaemonOptions = field(default_factory=DaemonOptions)
    human_net: LocalNet | None = None


class Service:
    """The open games, and whoever looks at them."""

    page = "page/index.html"
    read = staticmethod(m.read)
    only_looks = staticmethod(m.only_looks)

    def __init__(self, parts: Parts) -> None:
        self._library, self._version = parts.library, parts.version
        self._trace = parts.options.trace if parts.options.connect is None else None
        self._lock = threading.RLock()
        self._engine = m.EngineState(False, "starting")

        def client() -> Client:
            return parts.client(CLIENT_SECONDS)

        net_file = parts.options.net_file if parts.options.connect is None else None
        self._access = EngineAccess(client, net_file, parts.human_net)
        self._levels = levels(parts.human_net is not None or imitates_people(net_file))
        self._games = OpenGames(parts.games, self._opened, self._closed)
        self._reviews = Reviews(
            client,
            parts.analyses,
            self._review_told,
            parts.nets,
            parts.options,
            lambda session: self._views.searches_in(session),
        )
        self._views = Views(client, self._games.get, self._reviews, self._found)
        self._does: dict[type[Any], Callable[[Viewer, Any], None]] = {
            m.Hello: self._hello,
            m.NewGame: self._new_game,
            m.Load: self._load,
            m.Browse: self._browse,
            m.Open: self._open,
            m.Join: self._join,
            m.Remove: self._remove,
            m.Go: self._go,
            m.PlayMove: self._play_move,
            m.PlayLine: self._play_line,
            m.Edit: self._edit,
            m.Follow: self._follow,
            m.Analyze: self._analyze,
            m.Start: self._start,
            m.Act: self._act,
            m.Review: self._review,
        }

    # Who is there.

    def enter(self, tell: Callable[[m.Told], None]) -> Viewer:
        """A page is connected."""
        with self._lock:
            return self._views.enter(tell)

    def leave(self, viewer: Viewer) -> None:
        """Its connection is gone."""
        with self._lock:
            self._views.leave(viewer)

    def take(self, viewer: Viewer, asked: m.Asked) -> None:
        """Do what is asked for, or tell why not."""
        with self._lock:
            try:
                self._does[type(asked)](viewer, asked)
            except PROBLEMS as error:
                about = asked.__struct_config__.tag
                viewer.tell(m.Failed(str(about), " ".join(str(error).split())))

    def engine_told(self, state: m.EngineState) -> None:
        """How the daemon is."""
        with self._lock:
            self._engine = state
            for viewer in self._views:
                viewer.tell(state)

    def add_file(self, data: bytes, name: str) -> list[str]:
        """Open the games of a file that the person named at the start. Raises ``SgfError`` when it has none."""
        with self._lock:
            found, bad = self._games.read(data, name)
            if not found:
                raise SgfError(bad[0])
            return [game.name for game in found]

    def export(self, name: str, kind: str, options: Mapping[str, str]) -> tuple[str, str, bytes]:
        """A game as a file: its name, its kind as HTTP has it, what is in it. Raises ``UserError``."""
        with self._lock:
            file, media, make = exported(
                self._games.get(name), self._reviews.analyses(name), kind, options, self._engine.net
            )
        return file, media, make()  # which may take a while

    def why(self, game: str) -> TracePage:
        """The search of a game, decision by decision. Raises ``UserError`` or ``TraceError``."""
        return trace_page(self._trace, game)

    def close(self) -> None:
        """End all searches and games, which go on when they are opened again."""
        with self._lock:
            for game in self._games.all:
                self._closed(game)
        self._views.close()
        self._reviews.close()

    # What is asked for.

    def _hello(self, viewer: Viewer, asked: m.Hello) -> None:
        viewer.name = asked.name
        viewer.tell(
            m.Welcome(
                viewer.number,
                self._version,
                self._engine.net,
                self._levels,
                sorted(go_rules.NAMED),
                self._reviews.nets,
                bool(self._library),
                self._games.listed(),
            )
        )
        viewer.tell(self._engine)
        if asked.game is not None:
            self._views.show(viewer, self._games.get(asked.game), asked.node)

    def _new_game(self, viewer: Viewer, asked: m.NewGame) -> None:
        game = self._games.add(RecordTree.new(start_of(asked), {}), f"{asked.width}×{asked.height}")
        self._views.show(viewer, game, None)
        if asked.opponent is not None:
            self._begin(viewer, game, asked.opponent)
        self._tell_games()

    def _load(self, viewer: Viewer, asked: m.Load) -> None:
        try:
            data = base64.b64decode(asked.data, validate=True)
        except binascii.Error:
            raise UserError(f"{asked.name}: its bytes are not in base 64") from None
        self._read(viewer, data, asked.name)

    def _open(self, viewer: Viewer, asked: m.Open) -> None:
        self._read(viewer, self._library.read(asked.path), asked.path)

    def _read(self, viewer: Viewer, data: bytes, name: str) -> None:
        found, bad = self._games.read(data, name)
        for line in bad:
            viewer.tell(m.Failed("load", line))
        if found:
            self._views.show(viewer, found[0], None)
            self._tell_games()

    def _browse(self, viewer: Viewer, asked: m.Browse) -> None:
        viewer.tell(self._library.browse(asked.path))

    def _join(self, viewer: Viewer, asked: m.Join) -> None:
        self._views.show(viewer, self._games.get(asked.game), asked.node)
        self._games.let_go({each.game for each in self._views if each.game is not None})

    def _remove(self, viewer: Viewer, asked: m.Remove) -> None:
        if any(other is not viewer for other in self._views.of(asked.game)):
            raise UserError("others look at this game")
        self._views.hide(asked.game)
        self._games.remove(asked.game)
        self._tell_games()

    def _go(self, viewer: Viewer, asked: m.Go) -> None:
        self._game_of(viewer).tree.node(asked.node)
        viewer.follows = None
        self._views.move(viewer, asked.node)

    def _play_move(self, viewer: Viewer, asked: m.PlayMove) -> None:
        game = self._game_of(viewer)
        if game.playing is not None and game.is_played and asked.node == game.playing.node:
            viewer.follows = None
            game.playing.played.play(asked.point)
            return
        node, changed = game.play(asked.node, asked.point)
        self._changed(game, changed)
        self._views.move(viewer, node)

    def _play_line(self, viewer: Viewer, asked: m.PlayLine) -> None:
        game = self._game_of(viewer)
        node = asked.node
        game.tree.node(node)
        try:
            for point in asked.points:
                node, changed = game.play(node, point)
                self._views.tell(game.name, changed)
        finally:
            self._save(game)
            self._views.move(viewer, node)

    def _edit(self, viewer: Viewer, asked: m.Edit) -> None:
        game = self._game_of(viewer)
        changed = game.edit(asked)
        self._changed(game, changed)
        self._views.leave_nodes(game, set(changed.removed), changed.nodes[0].node)

    def _follow(self, viewer: Viewer, asked: m.Follow) -> None:
        self._game_of(viewer)
        self._views.follow(viewer, asked.viewer)

    def _analyze(self, viewer: Viewer, asked: m.Analyze) -> None:
        game = self._game_of(viewer)
        if asked.on and (asked.only or asked.avoid):
            check_restrictions(game.place(viewer.node), asked)
        viewer.wish = asked
        self._views.aim(viewer)

    def _start(self, viewer: Viewer, asked: m.Start) -> None:
        self._begin(viewer, self._game_of(viewer), asked.opponent)

    def _act(self, viewer: Viewer, asked: m.Act) -> None:
        game = self._game_of(viewer)
        if game.playing is None:
            raise UserError("no game is played here")
        game.playing.played.act(asked)

    def _review(self, viewer: Viewer, asked: m.Review) -> None:
        self._reviews.start(self._game_of(viewer).name, asked.visits, asked.net)

    # Games against the engine.

    def _begin(self, viewer: Viewer, game: OpenGame, opponent: m.Opponent) -> None:
        if game.is_played:
            raise UserError("a game is being played here already")
        if game.playing is not None:
            game.playing.played.close()
        told = self._played_in(game)
        game.playing = Playing.begin(game.tree, viewer.node, opponent, self._access, told, viewer.name or "Player")
        self._views.tell(game.name, game.changes([0], of_root=True))
        self._follow_game(game, game.playing, game.playing.told)

    def _played_in(self, game: OpenGame) -> Callable[[Standing], None]:
        """What hears of the game that is played there."""

        def told(standing: Standing) -> None:
            with self._lock:
                if game.playing is not None and self._games.has(game):
                    self._follow_game(game, game.playing, standing)

        return told

    def _follow_game(self, game: OpenGame, playing: Playing, standing: Standing) -> None:
        before = playing.node
        changed = playing.follow(standing)
        if changed:
            self._views.tell(game.name, game.changes(changed, of_root=0 in changed))
        self._save(game)
        self._views.tell_play(game, self._views.of(game.name))
        self._views.move_on(game, before, playing.node)
        if standing.stage == "over":
            self._tell_games()

    def _opened(self, game: OpenGame) -> None:
        """A game comes into memory."""
        self._reviews.put(game.name, game.tree)
        saved = game.state.get("playing")
        if saved is not None:
            try:
                game.playing = Playing.bring_back(game.tree, saved, self._access, self._played_in(game))
            except PROBLEMS:
                game.state = {}  # the record is what counts

    def _closed(self, game: OpenGame) -> None:
        """A game leaves memory."""
        if game.playing is not None:
            game.playing.played.close()
        self._reviews.drop(game.name)
        self._views.forget(game.name)

    # What is told.

    def _game_of(self, viewer: Viewer) -> OpenGame:
        if viewer.game is None:
            raise UserError("no game is open")
        return self._games.get(viewer.game)

    def _found(self, found: Found) -> None:
        with self._lock:
            if self._games.is_open(found.target.game):
                self._views.found(found)

    def _review_told(self, message: m.Reviewed | m.ReviewState | m.Summary) -> None:
        """Called with a lock of the reviews held: it must not wait for ours."""
        for viewer in self._views:
            if viewer.game == message.game:
                viewer.tell(message)

    def _changed(self, game: OpenGame, changed: m.GameChanged | None) -> None:
        """Save a change, and tell all who look at the game."""
        if changed is not None:
            self._views.tell(game.name, changed)
            self._save(game)

    def _save(self, game: OpenGame) -> None:
        self._reviews.put(game.name, game.tree)
        self._games.save(game)

    def _tell_games(self) -> None:
        message = m.Games(self._games.listed())
        for viewer in self._views:
            viewer.tell(message)


def start_of(asked: m.NewGame) -> dict[str, Any]:
    """The specification of a new game. Raises ``GameError``."""
    rules = go_rules.parse(asked.rules)
    usual = 0.5 if asked.handicap else rules.default_komi
    stones = fixed_handicap(asked.width, asked.height, asked.handicap) if asked.handicap > 1 else []
    spec = {
        "size": asked.width if asked.width == asked.height else [asked.width, asked.height],
        "komi": usual if asked.komi is None else asked.komi,
        "rules": rules.as_dict(),
        "black": stones,
        "to_play": "white" if stones else "black",
    }
    return Go.from_spec(spec).spec()


def check_restrictions(place: Segment, asked: m.Analyze) -> None:
    """Raises ``UserError`` where they leave nothing to search."""
    position = Place(place).position
    player: m.Color = 1 if position.to_play > 0 else -1
    rules = [Restriction(player, list(asked.avoid), 1)]
    if asked.only:
        rules.append(Restriction(player, list(asked.only), 1, allow=True))
    if leave_nothing(position, rules):
        raise UserError("these restrictions leave no move to search")
