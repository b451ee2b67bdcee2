// Loads models in ONNX Runtime Web, one after another: each argument is a file,
// each line of output its name and "ok", or what is wrong with it.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const vendor = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../public/vendor/");
const web = createRequire(vendor).resolve("onnxruntime-web");
const ort = await import(pathToFileURL(path.join(path.dirname(web), "ort.node.min.mjs")));
ort.env.wasm.numThreads = 1;
for (const file of process.argv.slice(2)) {
	let answer = "ok";
	try {
		await (await ort.InferenceSession.create(fs.readFileSync(file), { executionProviders: ["wasm"], logSeverityLevel: 4 })).release();
	} catch (e) {
		answer = (e?.message ?? String(e)).replace(/\s+/g, " ");
	}
	console.log(`${path.basename(file)}\t${answer}`);
}
