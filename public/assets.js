// Finds the files of the site by their names, in the page and in its workers.
//
// Package wasm/site writes the element "site" into the page: its field files
// gives each name an address with a hash of the content. In the page that is
// one file, the address is "#" and the id of an element that holds the content
// in Base64, compressed unless it is a script. A worker knows no file until its
// page tells it, in the first message.
"use strict";

const script = "text/javascript";

let files; // for each name its URL, or the encoded content as a Blob
let programs = {}; // for each name of a program that was asked for, its WebAssembly.Module
let told;
const known = new Promise((resolve) => { told = resolve; });

if (globalThis.document) {
	({ files } = globalThis.site = JSON.parse(document.getElementById("site").textContent));
	for (const [name, address] of Object.entries(files)) {
		if (!address.startsWith("#")) files[name] = new URL(address, document.baseURI).href;
	}
	told();
	// Who this page is, for what it keeps on disk: as long as it holds the lock, it is there.
	globalThis.pageName = `page-${Date.now()}-${Math.random()}`;
	navigator.locks?.request(pageName, () => new Promise(() => {})).catch(() => {});
} else {
	addEventListener("message", (e) => {
		e.stopImmediatePropagation();
		({ files, pageName: globalThis.pageName, programs = {} } = e.data);
		told();
	}, { once: true });
}

const find = (name) => {
	const file = files[name];
	if (file === undefined) throw new Error(`the site has no file ${name}`);
	if (typeof file === "string" && file.startsWith("#")) {
		const element = document.getElementById(file.slice(1));
		files[name] = new Blob([element.textContent], { type: element.dataset.type });
	}
	return files[name];
};

const decode = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

// fetchAsset returns the Response with a file of the site.
globalThis.fetchAsset = async (name) => {
	await known;
	const file = find(name);
	if (typeof file === "string") {
		const response = await fetch(file);
		if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
		return response;
	}
	const bytes = decode(await file.text());
	const body = file.type === script ? bytes : new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
	return new Response(body, { headers: { "Content-Type": file.type } });
};

// program returns the compiled program of that name. What the page or another
// worker has compiled is not compiled again.
globalThis.program = async (name) => {
	await known;
	return programs[name] ??= await compiled(await fetchAsset(name));
};

// compiled compiles while it downloads where the server names the right type, as
// browsers insist.
const compiled = async (response) => (response.headers.get("Content-Type") ?? "").startsWith("application/wasm")
	? WebAssembly.compileStreaming(response)
	: WebAssembly.compile(await response.arrayBuffer());

const urls = new Map();

// asset returns a URL of a file of the site, as for import(). In the one file
// it is good in this thread only.
globalThis.asset = async (name) => {
	await known;
	const file = find(name);
	if (typeof file === "string") return file;
	if (!urls.has(name)) urls.set(name, URL.createObjectURL(await (await fetchAsset(name)).blob()));
	return urls.get(name);
};

// startWorker starts the worker of that name and tells it where the files are, and
// what is compiled already.
globalThis.startWorker = (name) => {
	const worker = new Worker(scriptURL(name));
	worker.postMessage({ files: Object.fromEntries(Object.keys(files).map((name) => [name, find(name)])), pageName, programs });
	return worker;
};

// scriptURL is asset for a script in the page, without a promise.
const scriptURL = (name) => {
	if (urls.has(name)) return urls.get(name);
	const file = files[name];
	if (!file.startsWith("#")) return file;
	const bytes = decode(document.getElementById(file.slice(1)).textContent);
	urls.set(name, URL.createObjectURL(new Blob([bytes], { type: script })));
	return urls.get(name);
};
