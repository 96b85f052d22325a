import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { requireService } from "./services.ts";

/** Flags that keep the browser's own network requests, such as updates, out of the tests. */
const ARGUMENTS = [
  "--no-sandbox",
  "--headless",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/**
 * Timeout of an action that waits for its element, in milliseconds; only a failing test waits that
 * long.
 */
const PATIENCE_MS = 60_000;

/** A real browser, with everything that its pages reported as errors or requested. */
export class TestBrowser implements AsyncDisposable {
  /** Errors of scripts and of the console, except those of failed requests. */
  readonly faults: string[] = [];
  /** Addresses of all requests. */
  readonly requested = new Set<string>();

  private constructor(private readonly browser: Browser) {}

  /** `flags`: further arguments of the browser. */
  static async launch(...flags: string[]): Promise<TestBrowser> {
    const executablePath = requireService("browser");
    const { chromium } = await playwright();
    return new TestBrowser(
      await chromium.launch({ executablePath, args: [...ARGUMENTS, ...flags] }),
    );
  }

  /** Opens a page with separate storage, as if in another browser. */
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
 * Loaded late. The variable keeps the dependency `is-wsl` from looking for Windows in /proc/sys
 * while it loads, which Deno allows only to programs with all permissions.
 */
async function playwright() {
  Deno.env.set("__IS_WSL_TEST__", "1");
  try {
    return await import("playwright-core");
  } finally {
    Deno.env.delete("__IS_WSL_TEST__");
  }
}
