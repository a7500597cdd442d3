/** @file The WebSocket to the server, which comes back by itself with growing pauses. */

/** Seconds before the first try to come back, and the longest pause; each pause is twice the one before. */
const FIRST_PAUSE = 0.5;
const LONGEST_PAUSE = 15;
/** Seconds without a message after which the connection is taken for dead; a server is never silent for so long. */
const SILENCE = 15;

/** @typedef {{isOpen: boolean, retryAt: number | null}} Link `retryAt`: when it tries again, by `Date.now()` */

/** @template Asked @template {{type: string}} Told */
export class Connection {
  /**
   * @param {string} address
   * @param {{hello: () => Asked, hear: (message: Told) => void, changed: (link: Link) => void}} on `hello`: the first
   * message of each connection
   */
  constructor(address, on) {
    this.address = address;
    this.on = on;
    this.pause = FIRST_PAUSE;
    this.timer = 0;
    this.watch = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    addEventListener("online", () => this.#retry());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#retry());
    this.#connect();
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Whether it could be sent; while there is no connection nothing is kept to be sent later. @param {Asked} message */
  send(message) {
    if (!this.isOpen) return false;
    this.socket?.send(JSON.stringify(message));
    return true;
  }

  /** Break it off, and begin anew with another hello. */
  renew() {
    this.socket?.close();
  }

  #connect() {
    clearTimeout(this.timer);
    const socket = new WebSocket(this.address);
    this.socket = socket;
    this.#hearken(socket);
    socket.addEventListener("open", () => {
      this.send(this.on.hello());
      this.on.changed({ isOpen: true, retryAt: null });
    });
    socket.addEventListener("message", (event) => {
      if (socket !== this.socket) return;
      this.#hearken(socket);
      const message = JSON.parse(event.data);
      if (message.type === "welcome") this.pause = FIRST_PAUSE;
      this.on.hear(message);
    });
    socket.addEventListener("close", () => socket === this.socket && this.#wait());
  }

  /** Wait for a sign of life, and no longer. @param {WebSocket} socket */
  #hearken(socket) {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      if (socket !== this.socket || socket.readyState === WebSocket.CLOSED) return;
      this.socket = null;
      socket.close();
      this.#wait();
    }, 1000 * SILENCE);
  }

  #wait() {
    clearTimeout(this.watch);
    const retryAt = Date.now() + 1000 * this.pause;
    this.timer = setTimeout(() => this.#connect(), 1000 * this.pause);
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE);
    this.on.changed({ isOpen: false, retryAt });
  }

  /** At once, if it waits: the network is back, or somebody looks at the page again. */
  #retry() {
    if (this.socket === null || this.socket.readyState === WebSocket.CLOSED) this.#connect();
  }
}
