// Runs a Go program compiled to WebAssembly in Node, started by the same code
// as in a browser. As a program it stands in for Go's go_js_wasm_exec:
//
//	GOOS=js GOARCH=wasm go test -exec "node wasm/node/start.mjs" ./wasm/web
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const goroot = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();

// start runs the program until it ends.
export async function start(program, settings) {
	require(path.join(goroot, "lib/wasm/wasm_exec.js"));
	require("../../public/go.js");
	await runGo((imports) => WebAssembly.instantiate(fs.readFileSync(program), imports), settings);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	Object.assign(globalThis, { fs, path, process }); // what a Go test uses of an operating system
	await start(process.argv[2], {
		argv: process.argv.slice(2),
		env: { TMPDIR: os.tmpdir(), ...process.env },
		exit: process.exit,
	});
}
