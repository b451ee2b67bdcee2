// Keeps the site for use without a network: sw.js does it. When the page has
// been usable for a while, all that it has not needed yet is loaded too.
"use strict";

const patience = 2000; // milliseconds

let registration;

// keepOffline starts the service worker, and calls newer whenever a newer
// version of the site waits to take over.
globalThis.keepOffline = (newer) => {
	if (!site.serviceWorker || !navigator.serviceWorker) return; // one file, or a host that is not trusted
	const idle = globalThis.requestIdleCallback ?? setTimeout;
	setTimeout(() => idle(() => start(newer)), patience);
};

const start = async (newer) => {
	try {
		registration = await navigator.serviceWorker.register(site.serviceWorker, { updateViaCache: "none" });
	} catch {
		return; // as in a private window: then the site works with a network only
	}
	const look = () => { if (registration.waiting && registration.active) newer(); };
	look();
	registration.addEventListener("updatefound", () => registration.installing.addEventListener("statechange", look));
};

// renew lets the newer version take over and loads its page.
globalThis.renew = () => {
	navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
	registration.waiting.postMessage("take over");
};
