import assert from "node:assert/strict";
import { nextTurn } from "../../src/core/next_turn.ts";
import { jsonLog } from "../../src/core/log.ts";
import type { Media } from "../../src/model/media.ts";
import { Pictures } from "../../src/own_users/pictures.ts";
import type { Store } from "../../src/store/store.ts";
import { aUser } from "../contract/store/rows.ts";

/** Pictures whose fetches are held until the test ends them, by URL. */
class HeldPictures {
  readonly started: string[] = [];
  readonly dropped: string[] = [];
  readonly #ends = new Map<string, () => void>();
  readonly pictures = new Pictures({
    store: { users: { update: () => Promise.resolve(null) } } as unknown as Pick<Store, "users">,
    profiles: { update: () => Promise.resolve(aUser()) },
    fetched: { store: (_userId, url) => this.#hold(url) },
    log: jsonLog("info", (line) => this.dropped.push(JSON.parse(line).message)),
  });

  #hold(url: string): Promise<Media> {
    this.started.push(url);
    const { promise, resolve, reject } = Promise.withResolvers<Media>();
    this.#ends.set(
      url,
      url.endsWith("bad") ? () => reject(new Error("bad")) : () => resolve({} as Media),
    );
    return promise;
  }

  later(url: string): void {
    this.pictures.later(aUser(), url);
  }

  /** Ends a fetch, and lets the next ones start. */
  async end(url: string): Promise<void> {
    this.#ends.get(url)!();
    await nextTurn();
  }
}

Deno.test("Pictures fetches two of a host and 16 in all at a time, and goes on as they end", async () => {
  const held = new HeldPictures();
  for (const name of ["1", "bad", "3", "4", "5"]) held.later(`https://slow.example/${name}`);
  for (let i = 1; i <= 20; i++) held.later(`https://host${i}.example/1`);
  const [slow, others] = [
    (url: string) => url.includes("slow"),
    (url: string) => !url.includes("slow"),
  ];
  assert.deepEqual(held.started.filter(slow), [
    "https://slow.example/1",
    "https://slow.example/bad",
  ]);
  assert.equal(held.started.filter(others).length, 14);
  await held.end("https://slow.example/bad");
  await held.end("https://slow.example/1");
  assert.equal(held.started.filter(slow).length, 4);
  await held.end("https://host1.example/1");
  assert.equal(held.started.length, 19);
  assert.deepEqual(held.dropped, ["Picture fetch failed"]);
});

Deno.test("Pictures lets 5,000 fetches wait, and drops more until there is room again", async () => {
  const held = new HeldPictures();
  for (let i = 1; i <= 5_002; i++) held.later(`https://slow.example/${i}`);
  assert.deepEqual([held.started.length, held.dropped], [2, []]);
  held.later("https://slow.example/dropped");
  held.later("https://other.example/dropped");
  assert.deepEqual(held.dropped, Array(2).fill("Picture fetch dropped: too many are waiting"));
  await held.end("https://slow.example/1");
  held.later("https://other.example/1");
  assert.deepEqual(held.started.slice(2), ["https://slow.example/3", "https://other.example/1"]);
});
