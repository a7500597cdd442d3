/**
 * @file What a server would say, said by a file that holds one game: moves can be tried out, and are gone with the
 * page.
 */

/** @import {Asked, Node, Told} from "./messages.js" */
/** @import {App} from "./app.js" */

export class Offline {
  /** @param {App} app @param {Told[]} messages of the file */
  constructor(app, messages) {
    this.app = app;
    this.messages = messages;
  }

  /** Say all that the file holds, and go where its address says. */
  begin() {
    const { game, node } = /** @type {Extract<Asked, {type: "hello"}>} */ (this.app.hello());
    this.app.linked({ isOpen: true, retryAt: null });
    for (const message of this.messages) this.app.hear(message);
    if (game !== null && node !== null) this.app.go(node);
  }

  /** @param {Asked} message @returns {boolean} whether it is answered */
  send(message) {
    const { record } = this.app;
    if (!record) return false;
    switch (message.type) {
      case "go":
        this.#tell({ type: "at", game: record.game, node: message.node, viewer: null });
        return true;
      case "play_move":
        this.#play(message.node, [message.point], "play_move");
        return true;
      case "play_line":
        this.#play(message.node, message.points, "play_line");
        return true;
      default:
        return false;
    }
  }

  /** @param {number} node @param {number[]} points @param {string} about */
  #play(node, points, about) {
    const { record } = this.app;
    if (!record) return;
    // The page itself may show a move already, which has no number yet; the file's numbers are not negative.
    const nodes = new Map([...record.nodes].filter(([number]) => number >= 0));
    let next = Math.max(...nodes.keys()) + 1;
    /** @type {Map<number, Node>} */
    const changed = new Map();
    let at = node;
    let color = record.place(node).toPlay;
    for (const point of points) {
      const parent = /** @type {Node} */ (nodes.get(at));
      const children = (parent.children ?? []).filter((child) => child >= 0);
      const known = children.find((child) => isMove(nodes.get(child), color, point));
      if (known === undefined) {
        /** @type {Node} */
        const made = { node: next++, parent: at, move: [color, point], children: [] };
        for (const each of [{ ...parent, children: [...children, made.node] }, made]) {
          nodes.set(each.node, each);
          changed.set(each.node, each);
        }
      }
      at = known ?? next - 1;
      color = -color;
    }
    const isLegal = points.length > 1 || changed.size === 0 || record.isSurelyLegal(node, points[0]);
    if (!isLegal) return this.#tell({ type: "failed", about, reason: "" });
    if (changed.size)
      this.#tell({ type: "game_changed", game: record.game, nodes: [...changed.values()], removed: [], about: null });
    this.#tell({ type: "at", game: record.game, node: at, viewer: null });
  }

  /** Later, as a server's answer comes. @param {Told} message */
  #tell(message) {
    setTimeout(() => this.app.hear(message));
  }
}

/** @param {Node | undefined} node @param {number} color @param {number} point */
function isMove(node, color, point) {
  return node?.move?.[0] === color && node.move[1] === point;
}
