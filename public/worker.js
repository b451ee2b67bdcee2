// The Web Worker of the engine, wasm/worker. It posts {ready} or {error} first,
// then {text, blob} replies, and {exit: true, code, reason} if the program
// ends. Package wasm/site puts wasm_exec.js, assets.js and go.js before it.
"use strict";

// Go prints why it dies to the console; the page wants to know too.
let reason = "";
const log = console.log;
console.log = (...args) => {
	log(...args);
	if (!reason && /^(panic|fatal error|runtime): /.test(args[0])) reason = args[0];
};

runGo(fetched("engine.wasm"), { exit: (code) => postMessage({ exit: true, code, reason }) })
	.catch((e) => postMessage({ error: e.message ?? String(e) }));
