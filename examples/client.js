// A client of zhugo-searchd in JavaScript: a session, a move, a search with live reports, the chosen move.
// npm install zeromq @msgpack/msgpack; node client.js ipc:///tmp/zhugo. The messages are in docs/protocol.md.
"use strict";
const { Dealer } = require("zeromq");
const { encode, decode } = require("@msgpack/msgpack");

const PROTOCOL = 10;
const SIZE = 9;
const vertex = (move) => (move === SIZE * SIZE ? "pass" : "ABCDEFGHJ"[move % SIZE] + (SIZE - Math.floor(move / SIZE)));

class Client {
  constructor(address) {
    this.socket = new Dealer({ linger: 500 });
    this.socket.connect(address);
    this.sent = Promise.resolve(); // zeromq takes one message at a time
    this.requests = 0;
    this.waiting = new Map(); // the number of a request, null for the greeting -> what takes its answers
    this.listen().catch((error) => this.fail(error));
  }
  send(message) {
    return (this.sent = this.sent.then(() => this.socket.send(encode(message))));
  }
  ask(type, fields, onReport = () => {}) {
    const numbered = type === "Hello" ? {} : { request: ++this.requests };
    return new Promise((resolve, reject) => {
      this.waiting.set(numbered.request ?? null, { resolve, reject, onReport });
      this.send({ type, ...numbered, ...fields }).catch(reject);
    });
  }
  async listen() {
    for await (const [header] of this.socket) {
      const message = decode(header);
      const asked = this.waiting.get(message.type === "Welcome" ? null : message.request);
      if (message.type === "Report" && !message.final) asked?.onReport(message);
      else if (message.type === "Refused" && asked) asked.reject(new Error(message.reason));
      else if (["NotGreeted", "Closed"].includes(message.type)) this.fail(new Error(message.reason ?? message.type));
      else asked?.resolve(message); // Welcome, Opened, Done, and the final Report
    }
  }
  fail(error) {
    for (const { reject } of this.waiting.values()) reject(error);
  }
}

async function main(address) {
  const client = new Client(address);
  const late = setTimeout(() => client.fail(new Error(`no daemon answers at ${address}`)), 10_000);
  const welcome = await client.ask("Hello", { protocol: PROTOCOL, role: "client", name: "node", pid: process.pid });
  clearTimeout(late);
  const heart = setInterval(() => client.send({ type: "Heartbeat" }), welcome.heartbeat * 1000);
  const session = `node ${process.pid}`;
  await client.ask("Open", { session, game: "go", spec: { size: SIZE, komi: 7 } });
  await client.ask("Play", { session, move: 4 * SIZE + 4 }); // Black, in the middle; White is to move
  const tell = ({ visits, chosen }) => console.log(`${visits} visits: ${chosen === null ? "-" : vertex(chosen)}`);
  const last = await client.ask("Search", { session, limits: { visits: 2000 }, report_every: 0.2 }, tell);
  console.log(`White plays ${vertex(last.chosen)} after ${last.visits} visits, at a value of ${last.value.toFixed(3)}`);
  clearInterval(heart);
  client.send({ type: "Goodbye" }).then(() => client.socket.close());
}
main(process.argv[2]).catch((error) => (console.error(`client.js: ${error.message}`), process.exit(2)));
