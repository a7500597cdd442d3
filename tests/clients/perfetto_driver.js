// Feeds Perfetto's trace processor, as its page does, with the requests on standard input; its answers go to standard
// output. The argument is the folder of the page.

"use strict";

const fs = require("fs");
const path = require("path");

const requests = new Uint8Array(fs.readFileSync(0));
const answers = [];
const port = { postMessage: (answer) => answers.push(Buffer.from(answer)) };

console.log = console.warn = console.error; // standard output is for answers
process.chdir(process.argv[2]); // it looks for its wasm file here
globalThis.self = globalThis;
require(path.join(process.cwd(), "engine_bundle.js"));
globalThis.onmessage({ data: { enginePort: port } });

setTimeout(() => { // its own beginning comes first
    port.onmessage({ data: requests });
    fs.writeFileSync(1, Buffer.concat(answers));
}, 0);
