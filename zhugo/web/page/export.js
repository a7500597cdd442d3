/** @file The page of one game in a file of its own: the same panels, without a server. */

/** @import {Told} from "./messages.js" */
import { byId } from "../library/dom.js";
import { AboutPanel } from "./about.js";
import { Announcer } from "./announcer.js";
import { App } from "./app.js";
import { BoardPanel } from "./board.js";
import { CandidatesPanel } from "./candidates.js";
import { ExplorePanel } from "./explore.js";
import { FileHeader } from "./export-header.js";
import { putTogether } from "./frame.js";
import { GraphPanel } from "./graph.js";
import { NavigationPanel } from "./navigation.js";
import { NotePanel } from "./note.js";
import { Offline } from "./offline.js";
import { applyScheme, openSettings } from "./options.js";
import { PlayersPanel } from "./players.js";
import { PositionPanel } from "./position.js";
import { ReviewPanel } from "./review.js";
import { listen, openHelp } from "./shortcuts.js";
import { Tabs } from "./tabs.js";
import { TreePanel } from "./tree.js";
import { speak } from "./words.js";

/** @type {Told[]} */
const messages = JSON.parse(byId("messages").textContent ?? "[]");
/** @type {App} */
const app = new App((it) => new Offline(it, messages));
Object.assign(app.settings, { analysis: false, tab: "review" });
app.analyze = () => {};
document.documentElement.lang = speak(app.settings.language);
document.documentElement.classList.add("offline");
applyScheme(app.settings);

const tree = new TreePanel(app);
const nothing = () => {};
const acts = {
  choose: nothing,
  newGame: nothing,
  remove: nothing,
  settings: () => openSettings(app),
  help: () => openHelp(keys),
  undo: () => app.step(-1),
};
const board = new BoardPanel(app, acts);
const keys = listen(app, board, acts);
const candidates = new CandidatesPanel(app);
const explore = new ExplorePanel(app, board, [candidates]);
const review = new ReviewPanel(app, board);
const position = new PositionPanel(app);
const about = new AboutPanel(app, [position]);
const note = new NotePanel(app, board);
Object.assign(note.text, { readOnly: true, placeholder: "" });
const header = new FileHeader(app, acts);
const players = new PlayersPanel(app);
const navigation = new NavigationPanel(app, acts);
const graph = new GraphPanel(app);
const announcer = new Announcer(app);
const tabs = new Tabs(app, [
  ["review", "Review", review],
  ["explore", "Explore", explore],
  ["record", "Record", about],
]);

app.panels = [
  board,
  players,
  navigation,
  graph,
  explore,
  candidates,
  review,
  about,
  position,
  tree,
  note,
  header,
  announcer,
];
putTogether(app, { header, players, board, navigation, graph, tree, note, tabs, announcer });
app.tell = (text) => text && announcer.tell(text);
/** @type {Offline} */ (app.connection).begin();
app.changed("game", "node", "analysis", "settings", "link", "review");
document.body.dataset.ready = "true";
