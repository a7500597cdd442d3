/** @file The page: its panels put together. */

/** @import {Told} from "./messages.js" */
import { AboutPanel } from "./about.js";
import { Announcer } from "./announcer.js";
import { App } from "./app.js";
import { BoardPanel } from "./board.js";
import { CandidatesPanel } from "./candidates.js";
import { Connection } from "./connection.js";
import { EnginePanel } from "./engine.js";
import { ExplorePanel } from "./explore.js";
import { Files } from "./files.js";
import { putTogether } from "./frame.js";
import { GamesPanel } from "./games.js";
import { GraphPanel } from "./graph.js";
import { HeaderPanel } from "./header.js";
import { LinkPanel } from "./link.js";
import { NavigationPanel } from "./navigation.js";
import { newGame } from "./newgame.js";
import { NotePanel } from "./note.js";
import { applyScheme, openSettings } from "./options.js";
import { PlayPanel } from "./play.js";
import { PlayersPanel } from "./players.js";
import { PositionPanel } from "./position.js";
import { ReviewPanel } from "./review.js";
import { listen, openHelp } from "./shortcuts.js";
import { Tabs } from "./tabs.js";
import { TreePanel } from "./tree.js";
import { ViewersPanel } from "./viewers.js";
import { speak } from "./words.js";

/** @type {App} */
const app = new App(
  (it) =>
    new Connection(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/socket`, {
      hello: () => it.hello(),
      hear: (/** @type {Told} */ message) => it.hear(message),
      changed: (link) => it.linked(link),
    }),
);
document.documentElement.lang = speak(app.settings.language);
applyScheme(app.settings);

const files = new Files(app);
const acts = {
  choose: () => files.choose(),
  newGame: (against = app.settings.tab === "play") => newGame(app, against),
  settings: () => openSettings(app),
  help: () => openHelp(keys),
  remove: () => tree.remove(),
  undo: () => play.undo() || app.step(-1),
};
const board = new BoardPanel(app, acts);
const players = new PlayersPanel(app);
const play = new PlayPanel(app, board, players);
const tree = new TreePanel(app);
const keys = listen(app, board, acts);
const parts = [new CandidatesPanel(app), new EnginePanel(app)];
const explore = new ExplorePanel(app, board, parts);
const review = new ReviewPanel(app, board);
const position = new PositionPanel(app);
const about = new AboutPanel(app, [position]);
const games = new GamesPanel(app, acts);
const navigation = new NavigationPanel(app, acts);
const graph = new GraphPanel(app);
const note = new NotePanel(app, board);
const link = new LinkPanel(app);
const viewers = new ViewersPanel(app);
const header = new HeaderPanel(app, [link, viewers], acts);
const announcer = new Announcer(app);
const tabs = new Tabs(app, [
  ["explore", "Explore", explore],
  ["play", "Play", play],
  ["review", "Review", review],
  ["record", "Record", about],
  ["games", "Games", games],
]);

app.panels = [
  board,
  players,
  navigation,
  graph,
  explore,
  ...parts,
  play,
  review,
  about,
  position,
  games,
  tree,
  note,
  link,
  viewers,
  header,
  announcer,
];
putTogether(app, { header, players, board, navigation, graph, tree, note, tabs, announcer });
app.changed("game", "node", "analysis", "settings", "link");
document.body.dataset.ready = "true";
