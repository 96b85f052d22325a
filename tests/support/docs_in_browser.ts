/** `docs_in_browser.ts <browser> <url>`: opens /docs, and prints what was shown and asked for. */
import { chromium } from "playwright-core";

const [executablePath, url] = Deno.args;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage();
const strange: string[] = [];
const faults: string[] = [];
await page.route("**/*", (route) => {
  const asked = route.request().url();
  if (asked.startsWith(url) || asked.startsWith("data:")) return route.continue();
  strange.push(asked);
  return route.abort();
});
page.on("pageerror", (error) => faults.push(error.message));
page.on("console", (line) => line.type() === "error" && faults.push(line.text()));
await page.goto(`${url}/docs`);
await page.waitForSelector(".opblock", { timeout: 60_000 });
const shown = await page.locator(".opblock").count();
await browser.close();
console.log(JSON.stringify({ shown, strange, faults }));
Deno.exit(0);
