// Starts the page's program, wasm/app. Package wasm/site puts wasm_exec.js,
// assets.js, offline.js, go.js and vugu.js before it.
"use strict";

// A remembered theme, before anything is drawn; package ui/browser stores it.
try {
	const { theme } = localStorage;
	if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* no storage here: as the system has it */ }

// vugu evaluates its helper script when it starts, which our
// Content-Security-Policy forbids. The same text is loaded as vugu.js already,
// so that one call may do nothing.
const evaluate = window.eval;
window.eval = () => { window.eval = evaluate; };

const fail = (why) => {
	const p = document.createElement("p");
	p.setAttribute("role", "alert");
	p.textContent = `SplitQuant could not start: ${why}. Reload the page to try again.`;
	document.body.replaceChildren(p);
};

runGo(fetched("app.wasm"), { exit: (code) => fail(`its program ended with code ${code}`) })
	.catch((e) => fail(e.message ?? e));
