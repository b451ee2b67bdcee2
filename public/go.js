// Starts a Go program compiled to WebAssembly: in a page, in a worker, in Node.
// Needs wasm_exec.js, which defines Go, before it.
"use strict";

// runGo instantiates a program with load and runs it until it ends. settings
// override fields of Go, such as exit.
globalThis.runGo = async (load, settings) => {
	const go = Object.assign(new Go(), settings);
	const { instance } = await load(go.importObject);

	// A view dies when Go's memory grows, so each use makes its own.
	const memory = (ptr, n) => new Uint8Array(instance.exports.mem.buffer, ptr, n);

	// What package wasm/web does through JavaScript, so that no ArrayBuffer
	// becomes a js.Value: Go would keep it alive until a garbage collection.
	globalThis.goHost = {
		// read copies blob's bytes from..to to ptr in Go's memory.
		read: async (blob, from, to, ptr) => {
			const bytes = await blob.slice(from, to).arrayBuffer();
			memory(ptr, bytes.byteLength).set(new Uint8Array(bytes));
			return bytes.byteLength;
		},
		// blob makes a Blob of n bytes at ptr in Go's memory.
		blob: (ptr, n) => new Blob([memory(ptr, n)]),
	};
	await go.run(instance);
};

// fetched returns a load function for runGo, of a file that assets.js finds.
// It compiles while it downloads where the server names the right type, as
// browsers insist.
globalThis.fetched = (name) => async (imports) => {
	const response = await fetchAsset(name);
	if ((response.headers.get("Content-Type") ?? "").startsWith("application/wasm")) {
		return WebAssembly.instantiateStreaming(response, imports);
	}
	return WebAssembly.instantiate(await response.arrayBuffer(), imports);
};
