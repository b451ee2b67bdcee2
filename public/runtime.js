// The Web Worker of ONNX Runtime Web, started by package wasm/web when a model
// is first run. Package wasm/site puts assets.js before it. It opens models,
// runs them and lets go of them:
//
//	{id, open: {model, data: [{path, data}]}}   Blobs          → {id, session, inputs, outputs}
//	{id, run: {session, feeds: [{name, type, dims, data}]}}    → {id, outputs: [the same]}
//	{id, release: session}                                     → {id}
//
// data is an ArrayBuffer of little-endian elements, or an array of strings. What
// fails is answered with {id, error}, a text.
"use strict";

const arrays = {
	float64: Float64Array, float32: Float32Array, float16: Uint16Array,
	int64: BigInt64Array, int32: Int32Array, int16: Int16Array, int8: Int8Array,
	uint64: BigUint64Array, uint32: Uint32Array, uint16: Uint16Array, uint8: Uint8Array, bool: Uint8Array,
};

let loading;
const load = () => loading ??= (async () => {
	const ort = await import(await asset("runtime/ort.wasm.min.mjs"));
	const { wasm } = ort.env;
	wasm.wasmPaths = { mjs: await asset("runtime/ort-wasm-simd-threaded.mjs") };
	wasm.wasmBinary = await (await fetchAsset("runtime/ort-wasm-simd-threaded.wasm")).arrayBuffer();
	wasm.numThreads = globalThis.crossOriginIsolated ? Math.min(navigator.hardwareConcurrency || 1, 8) : 1;
	return ort;
})();

const sessions = new Map();
let last = 0;

const open = async ({ model, data }) => {
	const ort = await load();
	const session = await ort.InferenceSession.create(new Uint8Array(await model.arrayBuffer()), {
		executionProviders: ["wasm"],
		externalData: data,
		logSeverityLevel: 4, // errors are answered
		// In float32, as core/ort computes: a fused kernel would round activations to 8 bits.
		extra: { session: { qdq_matmulnbits_accuracy_level: "1" } },
	});
	sessions.set(++last, session);
	const describe = (list) => list.map(({ name, isTensor, type, shape }) => (
		{ name, type: isTensor ? type : "", dims: shape ?? [] })); // a dimension is a number or a name
	return { session: last, inputs: describe(session.inputMetadata), outputs: describe(session.outputMetadata) };
};

const run = async ({ session, feeds }) => {
	const { Tensor } = await load();
	const tensors = {};
	for (const { name, type, dims, data } of feeds) {
		if (type !== "string" && !arrays[type]) throw new Error(`input "${name}": ONNX Runtime Web takes no ${type}`);
		tensors[name] = new Tensor(type, type === "string" ? data : new arrays[type](data), dims);
	}
	const model = sessions.get(session);
	if (!model) throw new Error("the model is not open any more");
	const tensorsOnly = model.outputMetadata.filter((o) => o.isTensor).map((o) => o.name); // sequences and maps cannot be read
	const results = await model.run(tensors, tensorsOnly);
	const outputs = [];
	for (const [name, { type, dims, data }] of Object.entries(results)) {
		outputs.push({ name, type, dims, data: type === "string" ? data : bytes(data) });
	}
	return { outputs };
};

// bytes is what a typed array holds, in a buffer of its own.
const bytes = ({ buffer, byteOffset, byteLength }) => buffer.slice(byteOffset, byteOffset + byteLength);

const release = async (session) => {
	await sessions.get(session)?.release();
	sessions.delete(session);
	return {};
};

const answer = (message) => {
	if (message.open) return open(message.open);
	if (message.run) return run(message.run);
	return release(message.release);
};

// why puts an error into words. ONNX Runtime throws the address of some.
const why = (e) => {
	const text = e?.message ?? String(e);
	if (/^\d+$/.test(text)) return "it failed, perhaps for want of memory";
	return text.replace(/^.*ERROR_MESSAGE: */s, "").trim();
};

// One after another, as they come.
let before = Promise.resolve();
onmessage = ({ data }) => {
	before = before.then(() => answer(data)).then(
		(result) => postMessage({ id: data.id, ...result }, (result.outputs ?? []).map((o) => o.data).filter((d) => d instanceof ArrayBuffer)),
		(e) => postMessage({ id: data.id, error: why(e) }),
	);
};
