import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { requireService } from "./services.ts";

/** What a browser does by itself over the network stays out of the tests. */
const ARGUMENTS = [
  "--no-sandbox",
  "--headless",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** Milliseconds that an action waits for its element; only a failing test waits so long. */
const PATIENCE_MS = 20_000;

/** A real browser, and all that its pages complained of or asked for. */
export class TestBrowser implements AsyncDisposable {
  /** Errors of scripts, and of the console but for requests that failed. */
  readonly faults: string[] = [];
  /** Addresses of everything that was requested. */
  readonly requested = new Set<string>();

  private constructor(private readonly browser: Browser) {}

  static async launch(): Promise<TestBrowser> {
    const executablePath = requireService("browser");
    const { chromium } = await playwright();
    return new TestBrowser(await chromium.launch({ executablePath, args: ARGUMENTS }));
  }

  /** A page with storage of its own, as if in another browser. */
  async page(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ locale: "en-GB", ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    page.on("pageerror", (error) => this.faults.push(error.message));
    page.on("console", (line) => {
      const expected = /Failed to load resource|WebSocket connection/.test(line.text());
      if (line.type() === "error" && !expected) this.faults.push(line.text());
    });
    page.on("request", (request) => this.requested.add(request.url()));
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
  }
}

/**
 * Loaded late, and by this variable kept from looking for Windows in /proc/sys as it loads, which Deno
 * allows only to programs that may do everything. (It answers to its dependency `is-wsl`.)
 */
async function playwright() {
  Deno.env.set("__IS_WSL_TEST__", "1");
  try {
    return await import("playwright-core");
  } finally {
    Deno.env.delete("__IS_WSL_TEST__");
  }
}
