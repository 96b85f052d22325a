import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Page } from "playwright-core";
import { buildPage } from "../../src/web/build/build_page.ts";
import { TestBrowser } from "./browser.ts";
import { eventually } from "./eventually.ts";
import { FacebookServer } from "./facebook_server.ts";
import { GoogleServer } from "./google_server.ts";
import { parseMimeMessage } from "./mime_message.ts";
import { ServerProcess } from "./server_process.ts";
import { TestSmtpServer } from "./smtp_server.ts";

/** A server with a mail server, Google and Facebook on this machine, and a browser. */
export interface SignInWorld extends AsyncDisposable {
  browser: TestBrowser;
  server: ServerProcess;
  google: GoogleServer;
  facebook: FacebookServer;
  /** Resolves with the address that the newest such mail links to, at this server. */
  mailedLink(to: string, path: string): Promise<string>;
  /** Makes every proof of identity an old one, as if the people had signed in long ago. */
  ageProofs(): void;
}

/** Makes every proof of identity an old one, as if the people had signed in long ago. */
export function ageProofs({ dataDir }: ServerProcess): void {
  using database = new DatabaseSync(join(dataDir, "chat.sqlite3"), { timeout: 5_000 });
  database.exec("UPDATE sessions SET authenticatedAt = 0");
}

export async function signInWorld(env: Record<string, string> = {}): Promise<SignInWorld> {
  // The server itself may start no process, and so does not build the page.
  await buildPage();
  const stack = new AsyncDisposableStack();
  const google = stack.use(await GoogleServer.start());
  const facebook = stack.use(await FacebookServer.start());
  const smtp = stack.adopt(await TestSmtpServer.start(), (each) => each.close());
  const server = stack.use(
    await ServerProcess.start({
      env: {
        ...google.env,
        ...facebook.env,
        SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
        MAIL_FROM: "Chat <chat@example.org>",
        PUBLIC_URL: "http://localhost:1",
        ...env,
      },
    }),
  );
  const browser = stack.use(await TestBrowser.launch());
  const mailedLink = async (to: string, path: string) => {
    const link = await eventually(`a mail to ${to} with a link to ${path}`, () => {
      const texts = smtp.received.filter((mail) => mail.to.includes(to))
        .map(({ raw }) => parseMimeMessage(raw).text ?? "");
      const found = texts.map((text) =>
        text.match(/https?:\S+/g)?.find((url) => url.includes(path))
      );
      return found.findLast((each) => each !== undefined);
    });
    const { pathname, search } = new URL(link);
    return `${server.url}${pathname}${search}`;
  };
  return {
    browser,
    server,
    google,
    facebook,
    mailedLink,
    ageProofs: () => ageProofs(server),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Signs in by the form of the page. */
export async function signIn(page: Page, identifier: string, password: string): Promise<void> {
  await page.getByLabel("Username or e-mail").fill(identifier);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}
