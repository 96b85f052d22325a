import type { CDPSession, Page } from "playwright-core";
import { buildPage } from "../../src/web/build/build_page.ts";
import { TestBrowser } from "../support/browser.ts";
import { PageVisitor } from "../support/page_visitor.ts";
import { ServerProcess } from "../support/server_process.ts";
import { filesOfScreen, gzippedSize } from "../support/page_parts.ts";
import { keepFigures, type Row } from "./figures.ts";
import { median } from "./median.ts";

const RUNS = 5;
const CHATS = 15;
/**
 * "Slow 4G" of Chrome's developer tools, in bytes a second: what Lighthouse takes for a line of
 * 150 ms, 1.6 Mbit/s down and 750 kbit/s up where each request is delayed and not each packet.
 */
const SLOW_4G = {
  offline: false,
  latency: 150 * 3.75,
  downloadThroughput: 1_600_000 * 0.9 / 8,
  uploadThroughput: 750_000 * 0.9 / 8,
};
const CPU_SLOWDOWN = 4;

interface Visit {
  usableMs: number;
  requests: number;
}

/**
 * Measures the time from the navigation until the page is usable, on slow 4G with the processor
 * slowed down four times: signing in and the list of chats with nothing in the browser's caches
 * ("cold"), and the list of chats and an open chat after an earlier visit ("warm"). Every figure is
 * the median of some visits, in Chromium.
 */
export async function page(): Promise<void> {
  await buildPage();
  await using server = await ServerProcess.start();
  await using browser = await TestBrowser.launch();
  const ann = await PageVisitor.register(await browser.page(), server.url, "ann");
  const bob = await PageVisitor.register(await browser.page(), server.url, "bob");
  const annId = await ann.id();
  for (let n = 1; n <= CHATS; n++) {
    const { id } = await bob.call("POST", "/groups", { name: `Group ${n}`, memberIds: [annId] });
    await bob.call("POST", "/messages", { chatId: id, text: `Message ${n}` });
  }
  await ann.page.reload();
  await ann.chat(`Group ${CHATS}`).click();
  await ann.message(`Message ${CHATS}`).waitFor();
  const chatUrl = ann.page.url();
  // The page fetches and keeps more once it is usable.
  await ann.page.waitForTimeout(5_000);

  const stranger = await browser.page();
  const rows = [
    await row("signing in, cold", () => cold(stranger, server.url, "form button")),
    await row("the list of chats, warm", () => warm(ann.page, server.url, ".chats .chat")),
    await row("an open chat, warm", () => warm(ann.page, chatUrl, ".messages .text")),
    await row("the list of chats, cold", () => cold(ann.page, server.url, ".chats .chat")),
  ];
  const sizes = await measureSizes();
  console.table(rows);
  console.table(sizes);
  await keepFigures("page", rows);
  await keepFigures("page_sizes", sizes);
}

async function row(screen: string, visit: () => Promise<Visit>): Promise<Row> {
  const visits: Visit[] = [];
  for (let run = 0; run < RUNS; run++) visits.push(await visit());
  const times = visits.map(({ usableMs }) => Math.round(usableMs));
  return {
    "Screen": screen,
    "Usable after ms": median(times),
    "All visits": times.join(", "),
    "Requests": median(visits.map((each) => each.requests)),
  };
}

/** KB of the page's parts, gzipped. */
export async function measureSizes(): Promise<Row[]> {
  const folder = await buildPage();
  const screens = {
    "signing in": ["sign_in_view"],
    "the list of chats": [],
    "an open chat": ["open_chat"],
  };
  return await Promise.all(
    Object.entries(screens).map(async ([screen, parts]) => {
      const names = await filesOfScreen(folder, ...parts);
      const kilobytes = async (ending: string) =>
        Math.round(await gzippedSize(folder, names, ending) / 102.4) / 10;
      return {
        "Screen": screen,
        "Script KB": await kilobytes(".js"),
        "Style KB": await kilobytes(".css"),
      };
    }),
  );
}

/** Without files in a cache, and without what the person's browser keeps of their chats. */
async function cold(page: Page, url: string, selector: string): Promise<Visit> {
  await page.goto(`${url}/healthz`);
  const session = await page.context().newCDPSession(page);
  await session.send("Network.clearBrowserCache");
  await session.send("Storage.clearDataForOrigin", {
    origin: new URL(url).origin,
    storageTypes: "service_workers,cache_storage",
  });
  await page.evaluate(forgetModel);
  return await measure(page, session, { url, selector });
}

async function warm(page: Page, url: string, selector: string): Promise<Visit> {
  await page.goto("about:blank");
  const session = await page.context().newCDPSession(page);
  return await measure(page, session, { url, selector });
}

async function measure(
  page: Page,
  session: CDPSession,
  { url, selector }: { url: string; selector: string },
): Promise<Visit> {
  let requests = 0;
  const count = () => requests++;
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", SLOW_4G);
  await session.send("Emulation.setCPUThrottlingRate", { rate: CPU_SLOWDOWN });
  page.on("request", count);
  try {
    await page.goto(url, { waitUntil: "commit" });
    const usable = await page.waitForFunction(
      (selector) => document.querySelector(selector) !== null && performance.now(),
      selector,
      { polling: "raf" },
    );
    return { usableMs: await usable.jsonValue() as number, requests };
  } finally {
    page.off("request", count);
    await session.detach();
    await page.waitForTimeout(3_000);
  }
}

/** Removes the stored chats, and keeps the session. */
async function forgetModel(): Promise<void> {
  const opening = indexedDB.open("realtimechat", 1);
  await new Promise((resolve) => opening.onsuccess = resolve);
  const db = opening.result;
  if (db.objectStoreNames.length > 0) {
    const transaction = db.transaction("entries", "readwrite");
    transaction.objectStore("entries").delete(IDBKeyRange.bound("model/", "model/\uffff"));
    await new Promise((resolve) => transaction.oncomplete = resolve);
  }
  db.close();
}
