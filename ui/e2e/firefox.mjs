// Does the whole job in Firefox: opens the page, gives it a model, runs,
// downloads the result, proves it, and opens a lesson.
//
//	node firefox.mjs FIREFOX URL MODEL DOWNLOADS
//
// What the page complains about is printed.
import { setTimeout as sleep } from "node:timers/promises";
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const require = createRequire(new URL("../../public/vendor/", import.meta.url));
const { launch } = require("puppeteer-core");

const [firefox, url, model, downloads] = process.argv.slice(2);
const patient = 180_000;

const browser = await launch({
	browser: "firefox",
	executablePath: firefox,
	headless: true,
	extraPrefsFirefox: {
		"browser.download.dir": downloads,
		"browser.download.folderList": 2, // that folder
		"browser.download.always_ask_before_handling_new_types": false,
	},
});
try {
	const page = await browser.newPage();
	page.setDefaultTimeout(patient);
	page.on("pageerror", (e) => console.log("error:", e.message));
	page.on("console", (m) => { if (["error", "warn"].includes(m.type())) console.log("console:", m.text()); });

	const shown = (id) => page.waitForSelector(`[data-testid="${id}"]`, { visible: true });
	// A script clicks, so that a page that moves meanwhile makes no difference.
	const click = async (id) => (await shown(id)).evaluate((e) => e.click());
	await page.goto(url);
	await (await page.waitForSelector("#file-input")).uploadFile(model);
	await shown("layer-row");
	await click("run");
	await click("download");

	const end = Date.now() + patient;
	const done = () => fs.readdirSync(downloads).some((name) => path.extname(name) === path.extname(model) && fs.statSync(path.join(downloads, name)).size > 0);
	while (!done()) {
		if (Date.now() > end) throw new Error("waited for the download in vain");
		await sleep(20);
	}

	await click("proof-run");
	await page.waitForFunction(() => document.querySelector("[data-testid=proof-run]") && document.querySelector("[data-testid=proof-row], [data-testid=proof-error]"));
	const proof = await page.$$eval("[data-testid=proof-row] th, [data-testid=proof-error]", (cells) => cells.map((c) => c.innerText));
	if (proof[0] !== "original" || !proof.includes("result")) console.log("proof:", proof.join(", "));
	await page.evaluate(() => { location.hash = "#learn/1"; });
	await page.waitForSelector("#lesson-figure svg");
} finally {
	await browser.close();
}
