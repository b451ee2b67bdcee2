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
		// disk makes a file of the origin private file system that is gone some
		// time after its page; null where there is no such thing. What its write
		// returns is null or an error.
		disk: async () => {
			const folder = await (spooled ??= spool());
			if (!folder) return null;
			const file = await folder.getFileHandle(`${Date.now()}-${Math.random()}`, { create: true });
			const access = await file.createSyncAccessHandle();
			return {
				write: (ptr, n, at) => {
					try {
						return access.write(memory(ptr, n), { at }) === n ? null : "the disk is full";
					} catch (e) {
						return e.message;
					}
				},
				read: (ptr, n, at) => access.read(memory(ptr, n), { at }),
				close: async () => {
					access.close();
					return file.getFile();
				},
			};
		},
	};
	await go.run(instance);
};

let spooled; // what spool returned

// spool is the folder of this page's files. The page holds a lock of the same
// name; folders of pages that are gone are removed.
const spool = async () => {
	if (!globalThis.pageName || !navigator.storage?.getDirectory || !navigator.locks) return null;
	const all = await (await navigator.storage.getDirectory()).getDirectoryHandle("spool", { create: true });
	const { held } = await navigator.locks.query();
	const alive = new Set(held.map((lock) => lock.name));
	for await (const name of all.keys()) {
		if (!alive.has(name)) await all.removeEntry(name, { recursive: true }).catch(() => {});
	}
	return alive.has(pageName) ? all.getDirectoryHandle(pageName, { create: true }) : null;
};

// fetched returns a load function for runGo, of a program that assets.js finds.
globalThis.fetched = (name) => async (imports) => ({ instance: await WebAssembly.instantiate(await program(name), imports) });
