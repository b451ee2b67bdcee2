// The service worker: after one visit the site works without a network.
//
// Package wasm/site puts a line before this script that defines site: version
// names this version of the site, files are the addresses of all its files,
// headers are sent with each of them, so that the page is isolated on hosts
// that send none. A newer version fills a cache of its own and waits until the
// page lets it take over; offline.js has the page's side of it.
"use strict";

const { scope } = registration;
const ours = `${scope} `; // other folders of this host may hold other sites
const cacheName = ours + site.version;
const addresses = new Set(site.files.map((file) => new URL(file, scope).href));

addEventListener("install", (e) => e.waitUntil(fill()));
addEventListener("activate", (e) => e.waitUntil(tidy()));
addEventListener("message", ({ data }) => { if (data === "take over") skipWaiting(); });
addEventListener("fetch", (e) => {
	const address = plain(e.request.url);
	if (e.request.method === "GET" && addresses.has(address)) e.respondWith(answer(address));
});

// plain is the address of a file, whatever follows it.
const plain = (url) => url.replace(/[?#].*/, "").replace(`${scope}index.html`, scope);

// fill puts all files into the cache. Those with a hash in their address may
// come from the cache of a version before.
async function fill() {
	const cache = await caches.open(cacheName);
	for (const address of addresses) {
		const hashed = address.startsWith(`${scope}assets/`);
		const before = hashed && await caches.match(address);
		if (before) await cache.put(address, before);
		else await cache.add(new Request(address, { cache: hashed ? "default" : "no-cache" }));
	}
}

// tidy removes the caches of versions before the last, which other tabs may
// still show.
async function tidy() {
	const names = (await caches.keys()).filter((name) => name.startsWith(ours));
	await Promise.all(names.slice(0, -2).map((name) => caches.delete(name)));
	await clients.claim();
}

async function answer(address) {
	const cache = await caches.open(cacheName);
	const kept = await cache.match(address) ?? await caches.match(address) ?? await fetch(address);
	const headers = new Headers(kept.headers);
	for (const [name, value] of Object.entries(site.headers)) headers.set(name, value);
	return new Response(kept.body, { status: kept.status, statusText: kept.statusText, headers });
}
