/** Tests of the Next.js app in src/client/examples/next, with the installed package. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { SignJWT } from "jose";
import { ChatClient } from "../../src/client/mod.ts";
import { TestBrowser } from "../support/browser.ts";
import { RunningApp } from "../support/running_app.ts";
import { textsTo } from "./example_people.ts";
import type { InstalledPackage } from "./installed_package.ts";
import { LONG_PATIENCE_MS, run } from "./processes.ts";
import { nodeOf } from "./tools.ts";

/** Shared by the app and the chat server. */
const OWN_TOKENS = {
  AUTH_JWT_SECRET: "a secret of the app and of the chat server",
  AUTH_ISSUER: "https://login.customer.example",
  AUTH_AUDIENCE: "chat",
};

/** Built and served by Next.js: its HTML, the same after hydration, and a chat with Bob. */
export async function runNextApp(installed: InstalledPackage): Promise<void> {
  const cwd = await installed.project("src/client/examples/next");
  // In a server component without it, Next.js says only that createContext is not a function.
  const hooks = await Deno.readTextFile(join(installed.library, "react/mod.js"));
  assert.match(hooks, /^(\/\*.*\*\/\n)?"use client";\n/);
  // The tools are in a folder above the project.
  const config = { turbopack: { root: installed.tools }, outputFileTracingRoot: installed.tools };
  const module = `export default ${JSON.stringify(config)};\n`;
  await Deno.writeTextFile(join(cwd, "next.config.mjs"), module);
  await using server = await RunningApp.start(OWN_TOKENS);
  const env = { ...OWN_TOKENS, CHAT_URL: server.url, NEXT_TELEMETRY_DISABLED: "1" };
  const node = nodeOf(installed.tools, 24);
  const next = installed.tool("next/dist/bin/next");
  await run(node, [next, "build"], { cwd, env, patienceMs: LONG_PATIENCE_MS });
  await using app = await started(node, [next, "start", "--port", "0"], cwd, env);
  await using bob = await connected(server.url, "bob");
  await using ann = await connected(server.url, "ann");
  const chat = await bob.openDirect(ann.userId);
  await bob.send(chat.id, { text: "Hello, Ann!" });
  const { texts, until } = textsTo(bob);
  await using browser = await TestBrowser.launch();
  const page = await browser.page();
  await page.context().addCookies([{ name: "person", value: "ann", url: app.url }]);
  assert.match(await htmlFor("ann", app.url), /<p>Connecting…<\/p>/);
  await page.goto(app.url);
  await page.getByText("bob (1 unread)").click();
  await page.getByText("bob: Hello, Ann! (sent)").waitFor();
  await page.getByText("bob (0 unread)").waitFor();
  await page.getByPlaceholder("Message").fill("Hello, Bob!");
  await page.getByText("Send", { exact: true }).click();
  await until(1);
  assert.deepEqual(texts, ["Hello, Bob!"]);
  // The page of the chat, rendered by the server.
  await page.reload();
  await page.getByText("ann: Hello, Bob! (sent)").waitFor();
  assert.deepEqual(browser.faults, []);
}

/** The page as the server sends it to a person. */
async function htmlFor(person: string, url: string): Promise<string> {
  const response = await fetch(url, { headers: { cookie: `person=${person}` } });
  return await response.text();
}

async function connected(url: string, person: string): Promise<ChatClient & AsyncDisposable> {
  const { AUTH_JWT_SECRET, AUTH_ISSUER, AUTH_AUDIENCE } = OWN_TOKENS;
  const token = () =>
    new SignJWT({ name: person }).setProtectedHeader({ alg: "HS256" }).setSubject(person)
      .setIssuer(AUTH_ISSUER).setAudience(AUTH_AUDIENCE).setIssuedAt().setExpirationTime("15m")
      .sign(new TextEncoder().encode(AUTH_JWT_SECRET));
  const client = new ChatClient({ url, token });
  client.connect();
  await client.online();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

/** Starts the app's server, and resolves once it has printed its address. */
async function started(node: string, args: string[], cwd: string, env: Record<string, string>) {
  const options = { args, cwd, env, stdin: "null", stdout: "piped" } as const;
  const server = new Deno.Command(node, options).spawn();
  const address = Promise.withResolvers<string>();
  let printed = "";
  const output = server.stdout.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({
      write(text) {
        printed += text;
        const port = printed.match(/http:\/\/localhost:(\d+)\s/)?.[1];
        if (port) address.resolve(`http://localhost:${port}/`);
      },
      close: () => address.reject(new Error(`The app has ended: ${printed}`)),
    }),
  );
  return {
    url: await address.promise,
    async [Symbol.asyncDispose]() {
      server.kill("SIGTERM");
      await Promise.all([server.status, output]);
    },
  };
}
