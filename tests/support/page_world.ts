import type { BrowserContextOptions } from "playwright-core";
import { buildPage } from "../../src/web/build/build_page.ts";
import { TestBrowser } from "./browser.ts";
import { PageVisitor } from "./page_visitor.ts";
import { ServerProcess } from "./server_process.ts";
import { skipWithout } from "./skip.ts";

/** The browser's own pipes and timers outlive its close a little. */
export const PAGE_TEST = {
  ignore: skipWithout("browser"),
  sanitizeOps: false,
  sanitizeResources: false,
};

const PHONE = { viewport: { width: 390, height: 760 }, colorScheme: "dark" } as const;

/** A server, and people with one browser each; all have an account and no chats. */
export interface PageWorld extends AsyncDisposable {
  browser: TestBrowser;
  server: ServerProcess;
  /** A person at a desk. */
  ann: PageVisitor;
  /** A person with a phone. */
  bob: PageVisitor;
  join(name: string, options?: BrowserContextOptions): Promise<PageVisitor>;
}

/** `flags`: further arguments of the browser. */
export async function pageWorld(
  env: Record<string, string> = {},
  flags: string[] = [],
): Promise<PageWorld> {
  // The server itself may start no process, and so does not build the page.
  await buildPage();
  const stack = new AsyncDisposableStack();
  const server = stack.use(await ServerProcess.start({ env }));
  const browser = stack.use(await TestBrowser.launch(...flags));
  const join = async (name: string, options?: BrowserContextOptions) => {
    return await PageVisitor.register(await browser.page(options), server.url, name);
  };
  const [ann, bob] = [await join("ann"), await join("bob", PHONE)];
  return { browser, server, ann, bob, join, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
