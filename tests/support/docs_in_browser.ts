/**
 * `docs_in_browser.ts <browser> <url>`: opens /docs, and prints what the page showed and requested.
 */
import { chromium } from "playwright-core";

/**
 * Compares the text colors of the guide and of an operation with the page behind them: one is dark,
 * one light.
 */
const IS_LEGIBLE = `(() => {
  const lightness = (color) => color.match(/[\\d.]+/g).slice(0, 3).reduce((sum, n) => sum + +n, 0) / 765;
  const page = lightness(getComputedStyle(document.body).backgroundColor);
  return [".guide p", ".opblock-summary-path"].every((selector) => {
    const text = lightness(getComputedStyle(document.querySelector(selector)).color);
    return Math.abs(text - page) > 0.4;
  });
})()`;

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
const described = await (await fetch(`${url}/api/openapi.json`)).json();
const expected = Object.values(described.paths as Record<string, object>)
  .flatMap((path) => Object.keys(path).filter((key) => key !== "parameters")).length;
// It draws only what is in sight, and so the test scrolls through the whole page.
const ids = new Set<string>();
const end = performance.now() + 60_000;
while (ids.size < expected && performance.now() < end) {
  for (const id of await page.locator(".opblock-summary-operation-id").allInnerTexts()) ids.add(id);
  await page.mouse.wheel(0, 300);
  await page.waitForTimeout(50);
}
const shown = ids.size;
await page.evaluate("scrollTo(0, 0)");
await page.waitForSelector(".opblock-summary-path");
/** Returns whether the page is dark, once it is as expected or after 10 s. */
async function becomes(expected: boolean): Promise<boolean> {
  for (let looks = 1;; looks++) {
    // The page applies a change when it renders next.
    await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))");
    const is = await page.evaluate<boolean>(
      `document.documentElement.classList.contains("dark-mode")`,
    );
    if (is === expected || looks === 100) return is;
    await page.waitForTimeout(100);
  }
}

const isDark: boolean[] = [];
const contrast: boolean[] = [];
for (const colorScheme of ["light", "dark"] as const) {
  await page.emulateMedia({ colorScheme });
  isDark.push(await becomes(colorScheme === "dark"));
  contrast.push(await page.evaluate(IS_LEGIBLE));
  const folder = Deno.env.get("SCREENSHOTS");
  if (folder) await page.screenshot({ path: `${folder}/docs_${colorScheme}.png` });
}
await browser.close();
console.log(JSON.stringify({ shown, strange, faults, isDark, contrast }));
Deno.exit(0);
