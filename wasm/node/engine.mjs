// Runs the engine, wasm/worker, in Node: opens a model, asks for one run, and
// writes the result.
//
//	node engine.mjs ENGINE.wasm MODEL OPTIONS OUT
//
// OPTIONS is a recipe as JSON, or {} for the defaults. The report is printed.
import fs from "node:fs";
import path from "node:path";
import { start } from "./start.mjs";

const [engine, model, options, out] = process.argv.slice(2);
const file = await fs.openAsBlob(model);
file.name = path.basename(model); // a Blob of a file is all but a File

const requests = [
	[{ id: 1, do: "open", name: file.name }, [file]],
	[{ id: 2, do: "run", options: Object.keys(JSON.parse(options)).length ? JSON.parse(options) : undefined }],
];
const next = () => {
	const [request, files] = requests.shift();
	onmessage({ data: { text: JSON.stringify(request), files } });
};
const fail = (why) => {
	console.error(why);
	process.exit(1);
};

// What the page does with a message of the worker.
globalThis.postMessage = async ({ ready, text, blob }) => {
	if (ready) return queueMicrotask(next);
	const reply = JSON.parse(text);
	if (reply.error) fail(reply.error);
	if (reply.model) return queueMicrotask(next);
	if (!reply.final) return;
	fs.writeFileSync(out, Buffer.from(await blob.arrayBuffer()));
	console.log(JSON.stringify(reply.report));
	process.exit(0);
};

await start(engine, { exit: (code) => fail(`the engine ended with code ${code}`) });
