import assert from "node:assert/strict";
import { ChatClient } from "../../src/client/mod.ts";
import { CuttableProxy } from "../support/cuttable_proxy.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";

Deno.test("a page that becomes visible connects immediately, and otherwise checks its connection", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  await using proxy = new CuttableProxy(() => Number(new URL(app.url).port));
  using page = new Page();
  const sent: string[] = [];
  class ListeningSocket extends WebSocket {
    override send(data: string): void {
      sent.push(data);
      super.send(data);
    }
  }
  const url = `http://127.0.0.1:${proxy.port}`;
  const client = new ChatClient({ url, WebSocket: ListeningSocket });
  const session = { accessToken: ann.token, refreshToken: "none", expiresIn: 3_600 };
  await client.useSession({ user: { id: ann.id, username: "ann" } as never, ...session });
  let tries = 0;
  client.on("state", (state) => state === "connecting" && tries++);
  proxy.refuse(true);
  client.connect();
  await eventually("it waits after some tries", () => tries > 1 && client.state === "waiting");
  proxy.refuse(false);
  page.show("hidden");
  assert.equal(client.state, "waiting", "a hidden page can wait");
  page.show("visible");
  assert.equal(client.state, "connecting");
  await client.online();
  const pings = () => sent.filter((data) => data.includes('"ping"')).length;
  assert.equal(pings(), 0);
  page.show("visible");
  assert.equal(pings(), 1);
  dispatchEvent(new Event("online"));
  assert.equal(pings(), 2);
  await client.close();
  page.show("visible");
  assert.deepEqual([client.state, pings()], ["idle", 2]);
});

/** The browser's report of whether its page is visible. */
class Page extends EventTarget implements Disposable {
  visibilityState = "visible";

  constructor() {
    super();
    Object.assign(globalThis, { document: this });
  }

  show(state: "visible" | "hidden"): void {
    this.visibilityState = state;
    this.dispatchEvent(new Event("visibilitychange"));
  }

  [Symbol.dispose](): void {
    delete (globalThis as { document?: unknown }).document;
  }
}
