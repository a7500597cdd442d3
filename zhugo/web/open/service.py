"""What the page asks for, done. Every method takes the one lock, so what is told goes out in the order of events."""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Callable, Mapping
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
from zhugo.bridges.gtp.level import STRONGEST, WEAKEST, named
from zhugo.review.move_costs import Position
from zhugo.shared.errors import UserError
from zhugo.shared.restrictions import leave_nothing
from zhugo.web import messages as m
from zhugo.web.open import known
from zhugo.web.open.exports import exported
from zhugo.web.open.library import FolderLibrary
from zhugo.web.open.live_searches import Found, LiveSearches, Target
from zhugo.web.open.open_game import OpenGame
from zhugo.web.open.open_games import OpenGames
from zhugo.web.open.viewer import Viewer
from zhugo.web.record import BadEdit, Place, RecordTree
from zhugo.web.store.analyses import AnalysisStore, position_key
from zhugo.web.store.games import GameStore

PROBLEMS = (BadEdit, GameError, SgfError, UserError, ProtocolError)
"""What can be wrong with what was asked for; each text is one line for people."""


class Service:
    """``client`` gives the daemon's client, within the seconds that it is told. ``version``: of this program."""

    def __init__(
        self,
        client: Callable[[float | None], Client],
        games: GameStore,
        analyses: AnalysisStore,
        library: FolderLibrary,
        version: str,
    ) -> None:
        self._client, self._analyses, self._library, self._version = client, analyses, library, version
        self._games = OpenGames(games)
        self._lock = threading.RLock()
        self._viewers: dict[int, Viewer] = {}
        self._count = 0
        self._engine = m.EngineState(False, "starting")
        self._net = ""
        self._live = LiveSearches(lambda: client(1.0), self._found)
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
        }

    # Who is there.

    def enter(self, tell: Callable[[m.Told], None]) -> Viewer:
        """A page is connected."""
        with self._lock:
            self._count += 1
            viewer = Viewer(self._count, tell)
            self._viewers[viewer.number] = viewer
            return viewer

    def leave(self, viewer: Viewer) -> None:
        """Its connection is gone."""
        with self._lock:
            del self._viewers[viewer.number]
            self._live.want(viewer.number, None)
            for other in self._viewers.values():
                if other.follows == viewer.number:
                    other.follows = None
            if viewer.game is not None:
                self._tell_viewers(viewer.game)

    def take(self, viewer: Viewer, asked: m.Asked) -> None:
        """Do what is asked for, or tell why not."""
        with self._lock:
            try:
                self._does[type(asked)](viewer, asked)
            except PROBLEMS as error:
                about = asked.__struct_config__.tag
                viewer.tell(m.Failed(str(about), " ".join(str(error).split())))

    def engine_told(self, state: m.EngineState, net: str) -> None:
        """How the daemon is. ``net``: the digest of its net, ``""`` while that is not known."""
        with self._lock:
            self._engine, self._net = state, net or self._net
            for viewer in self._viewers.values():
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
            file, media, make = exported(self._games.get(name), kind, options)
        return file, media, make()  # which may take a while

    def close(self) -> None:
        """End all searches. The daemon must end meanwhile, or be there."""
        self._live.close()

    # What is asked for.

    def _hello(self, viewer: Viewer, asked: m.Hello) -> None:
        viewer.name = asked.name
        viewer.tell(
            m.Welcome(
                viewer.number,
                self._version,
                self._engine.net,
                levels(),
                sorted(go_rules.NAMED),
                [],
                bool(self._library),
                self._games.listed(),
            )
        )
        viewer.tell(self._engine)
        if asked.game is not None:
            self._show(viewer, self._games.get(asked.game), asked.node)

    def _new_game(self, viewer: Viewer, asked: m.NewGame) -> None:
        self._show(viewer, self._games.add(RecordTree.new(*start_of(asked)), "New game"), None)
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
            self._show(viewer, found[0], None)
            self._tell_games()

    def _browse(self, viewer: Viewer, asked: m.Browse) -> None:
        viewer.tell(self._library.browse(asked.path))

    def _join(self, viewer: Viewer, asked: m.Join) -> None:
        self._show(viewer, self._games.get(asked.game), asked.node)

    def _remove(self, viewer: Viewer, asked: m.Remove) -> None:
        if any(other.game == asked.game for other in self._viewers.values() if other is not viewer):
            raise UserError("others look at this game")
        if viewer.game == asked.game:
            viewer.game = None
            self._aim(viewer)
        self._live.forget(asked.game)
        self._games.remove(asked.game)
        self._tell_games()

    def _go(self, viewer: Viewer, asked: m.Go) -> None:
        game = self._game_of(viewer)
        game.tree.node(asked.node)
        viewer.follows = None
        self._move(viewer, asked.node)

    def _play_move(self, viewer: Viewer, asked: m.PlayMove) -> None:
        game = self._game_of(viewer)
        node, changed = game.play(asked.node, asked.point)
        self._changed(game, changed)
        self._move(viewer, node)

    def _play_line(self, viewer: Viewer, asked: m.PlayLine) -> None:
        game = self._game_of(viewer)
        node = asked.node
        try:
            for point in asked.points:
                node, changed = game.play(node, point)
                self._tell_all(game.name, changed)
        finally:
            self._games.save(game)
            self._move(viewer, node)

    def _edit(self, viewer: Viewer, asked: m.Edit) -> None:
        game = self._game_of(viewer)
        changed = game.edit(asked)
        self._changed(game, changed)
        gone = set(changed.removed)
        for other in self._lookers(game.name):
            if other.node in gone:
                self._put(other, changed.nodes[0].node)

    def _follow(self, viewer: Viewer, asked: m.Follow) -> None:
        leader = None if asked.viewer is None else self._viewers.get(asked.viewer)
        if asked.viewer is not None and (leader is None or leader.game != viewer.game or leader is viewer):
            raise UserError("nobody of this number looks at the game")
        if leader is not None and self._leads_to(viewer, leader):
            raise UserError(f"{leader.name or leader.number} follows you")
        viewer.follows = asked.viewer
        if leader is not None:
            self._put(viewer, leader.node, leader.number)
        self._tell_viewers(self._game_of(viewer).name)

    def _analyze(self, viewer: Viewer, asked: m.Analyze) -> None:
        game = self._game_of(viewer)
        if asked.on and (asked.only or asked.avoid):
            self._check_restrictions(game.place(viewer.node), asked)
        viewer.wish = asked
        self._aim(viewer)

    # Where people look.

    def _game_of(self, viewer: Viewer) -> OpenGame:
        if viewer.game is None:
            raise UserError("no game is open")
        return self._games.get(viewer.game)

    def _lookers(self, game: str) -> list[Viewer]:
        return [viewer for viewer in self._viewers.values() if viewer.game == game]

    def _show(self, viewer: Viewer, game: OpenGame, node: int | None) -> None:
        """Have a viewer look at a game: at a node of it, or where its main line ends."""
        before, viewer.game, viewer.follows = viewer.game, game.name, None
        viewer.tell(game.message())
        at = node if node is not None and node in game.tree else game.tree.end_of(0)
        self._recall(game, viewer)
        self._put(viewer, at)
        for name in {before, game.name} - {None}:
            assert name is not None
            self._tell_viewers(name)
        for gone in self._games.let_go({each.game for each in self._viewers.values() if each.game is not None}):
            self._live.forget(gone.name)

    def _move(self, viewer: Viewer, node: int) -> None:
        """A viewer goes to a node of the game, and who follows goes too."""
        self._put(viewer, node)
        for other in self._lookers(self._game_of(viewer).name):
            if other is not viewer and self._leads_to(viewer, other):
                self._put(other, node, viewer.number)
        self._tell_viewers(self._game_of(viewer).name)

    def _leads_to(self, leader: Viewer, viewer: Viewer) -> bool:
        """Whether ``viewer`` follows ``leader``, through others too."""
        seen: set[int] = set()
        at: Viewer | None = viewer
        while at is not None and at.follows is not None and at.number not in seen:
            seen.add(at.number)
            if at.follows == leader.number:
                return True
            at = self._viewers.get(at.follows)
        return False

    def _put(self, viewer: Viewer, node: int, leader: int | None = None) -> None:
        game = self._game_of(viewer)
        if node != viewer.node and (viewer.wish.only or viewer.wish.avoid):
            viewer.wish = m.Analyze(viewer.wish.on, every=viewer.wish.every, visits=viewer.wish.visits)
        viewer.node = node
        viewer.tell(m.At(game.name, node, leader))
        self._aim(viewer)

    def _aim(self, viewer: Viewer) -> None:
        """Have searched what the viewer wants now."""
        target = viewer.target()
        place = None
        if target is not None:
            try:
                place = self._games.get(target.game).place(target.node)
            except (GameError, BadEdit) as error:
                viewer.tell(m.Failed("analyze", str(error)))
                target = None
        self._live.want(viewer.number, target, place)

    def _check_restrictions(self, place: Segment, asked: m.Analyze) -> None:
        position = Place(place).position
        to_play = position.to_play
        rules = [Restriction(1 if to_play > 0 else -1, list(asked.avoid), 1)]
        if asked.only:
            rules.append(Restriction(1 if to_play > 0 else -1, list(asked.only), 1, allow=True))
        if leave_nothing(position, rules):
            raise UserError("these restrictions leave no move to search")

    # What is told.

    def _found(self, found: Found) -> None:
        """A search has something to say; called in its thread."""
        with self._lock:
            told = [viewer for viewer in self._viewers.values() if viewer.target() == found.target]
            if found.report is None:
                for viewer in told:
                    viewer.tell(m.Failed("analyze", found.failure))
                return
            game = self._games.get(found.target.game)
            self._keep(game, found)
            analysis = known.analysis(
                game.name, found.target.node, found.report, found.running, game.cost(found.target.node)
            )
            for viewer in told:
                if viewer.is_due(found):
                    viewer.tell(analysis)

    def _keep(self, game: OpenGame, found: Found) -> None:
        """Remember a search of the whole position, and at its end keep it on disk."""
        target, report = found.target, found.report
        assert report is not None
        if target.only or target.avoid or not report.visits or target.node not in game.tree:
            return
        position = Position.of(report)
        game.learn({target.node: position})
        if not found.running:
            self._store(game, target, position)

    def _store(self, game: OpenGame, target: Target, position: Position) -> None:
        place = game.place(target.node)
        self._analyses.put(position_key(place.spec, place.record), self._net, position)

    def _recall(self, game: OpenGame, viewer: Viewer) -> None:
        """Tell what is on disk of the positions of the main line."""
        keys = {node: position_key(place.spec, place.record) for node, place in game.main_positions()}
        stored = self._analyses.get_all(keys.values(), self._net)
        game.learn({node: stored[key] for node, key in keys.items() if key in stored})
        judged = [known.judged(game.tree, node, position) for node, position in game.known.items()]
        if judged:
            viewer.tell(m.Reviewed(game.name, judged))

    def _changed(self, game: OpenGame, changed: m.GameChanged | None) -> None:
        """Save a change, and tell all who look at the game."""
        if changed is not None:
            self._tell_all(game.name, changed)
            self._games.save(game)

    def _tell_all(self, game: str, message: m.Told | None) -> None:
        if message is not None:
            for viewer in self._lookers(game):
                viewer.tell(message)

    def _tell_viewers(self, game: str) -> None:
        shown = [viewer.shown() for viewer in self._lookers(game)]
        self._tell_all(game, m.Viewers(game, shown))

    def _tell_games(self) -> None:
        message = m.Games(self._games.listed())
        for viewer in self._viewers.values():
            viewer.tell(message)


def start_of(asked: m.NewGame) -> tuple[dict[str, Any], dict[str, str]]:
    """The specification of a new game, and what its root says. Raises ``GameError``."""
    rules = go_rules.parse(asked.rules)
    komi = rules.default_komi if asked.komi is None else asked.komi
    if asked.handicap and asked.komi is None:
        komi = 0.5
    stones = fixed_handicap(asked.width, asked.height, asked.handicap) if asked.handicap > 1 else []
    spec = {
        "size": asked.width if asked.width == asked.height else [asked.width, asked.height],
        "komi": komi,
        "rules": rules.as_dict(),
        "black": stones,
        "to_play": "white" if stones else "black",
    }
    Go.from_spec(spec)
    return spec, {}


def levels() -> list[str]:
    """Ranks at which the engine plays, the weakest first."""
    return [named(rank) for rank in range(WEAKEST, STRONGEST + 1)]
