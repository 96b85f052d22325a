import assert from "node:assert/strict";
import { OpenBodies, type OpenBodyLimits } from "../../src/core/open_bodies.ts";
import { AppError } from "../../src/core/errors.ts";
import { within } from "../support/within.ts";

const LIMITS: OpenBodyLimits = {
  perPerson: 2,
  total: 3,
  waiting: 1,
  waitMs: 60_000,
  idleMs: 60_000,
  abandonedMs: 120_000,
};

/** Bodies of two bytes, one byte a read; `closed` counts those that were let go. */
function bodies(limits: Partial<OpenBodyLimits> = {}) {
  const counts = { opened: 0, closed: 0 };
  const all = new OpenBodies("Cannot answer", { ...LIMITS, ...limits });
  const open = async (owner: string) => {
    const body = await all.enter(owner);
    counts.opened++;
    let left = 2;
    return body.start(
      new ReadableStream<Uint8Array>({
        pull(controller) {
          if (left-- > 0) return controller.enqueue(new Uint8Array(1));
          counts.closed++;
          controller.close();
        },
        cancel: () => void counts.closed++,
      }, { highWaterMark: 0 }),
    );
  };
  return { open, counts };
}

async function isRefused(work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, "rate_limited");
    assert.ok(error.retryAfter! > 0);
    return true;
  });
}

const lengthOf = async (body: ReadableStream<Uint8Array>) =>
  (await new Response(body).arrayBuffer()).byteLength;

Deno.test("OpenBodies makes a person's next body wait until one has ended", async () => {
  const { open, counts } = bodies();
  const [first] = [await open("ann"), await open("ann")];
  const third = open("ann");
  await isRefused(open("ann"));
  assert.equal(await lengthOf(await open("bob")), 2, "others do not wait");
  assert.equal(counts.opened, 3);
  assert.equal(await lengthOf(first), 2);
  assert.equal(await lengthOf(await within("the third begins", third)), 2);
});

Deno.test("OpenBodies gives the place of a canceled body to the next one", async () => {
  const { open, counts } = bodies();
  const [first] = [await open("ann"), await open("ann")];
  const third = open("ann");
  await first.cancel();
  assert.equal(counts.closed, 1);
  await within("the third begins", third);
});

Deno.test("OpenBodies cuts the body that was not read for longest", async () => {
  const { open, counts } = bodies({ idleMs: 0 });
  const first = await open("ann");
  const second = (await open("ann")).getReader();
  await second.read();
  await open("ann");
  assert.equal(counts.closed, 1, "its source is closed");
  assert.equal(await lengthOf(first), 0, "it ends early");
  assert.equal((await second.read()).done, false, "the other goes on");
});

Deno.test("OpenBodies cuts unread bodies before others wait for the total", async () => {
  const { open } = bodies({ perPerson: 3, idleMs: 0 });
  const idle = await open("ann");
  await open("ann");
  await open("ann");
  assert.equal(await lengthOf(await within("Bob's begins", open("bob"))), 2);
  assert.equal(await lengthOf(idle), 0, "it ends early");
});

Deno.test("OpenBodies cuts abandoned bodies with the next one, also where there is room", async () => {
  const { open, counts } = bodies({ abandonedMs: 0 });
  const first = await open("ann");
  await open("bob");
  assert.equal(counts.closed, 1);
  assert.equal(await lengthOf(first), 0, "it ends early");
});

Deno.test("OpenBodies never counts a body as idle while the client waits for bytes", async () => {
  const { promise: pulled, resolve } = Promise.withResolvers<void>();
  const stuck = new ReadableStream<Uint8Array>({
    pull() {
      resolve();
      return new Promise(() => {});
    },
  }, { highWaterMark: 0 });
  const all = new OpenBodies("Cannot answer", {
    ...LIMITS,
    perPerson: 1,
    idleMs: 1,
    abandonedMs: 1,
    waitMs: 50,
  });
  const body = (await all.enter("ann")).start(stuck);
  const read = body.getReader().read().then(() => "ended", () => "cut");
  await pulled;
  await isRefused(all.enter("ann"));
  assert.equal(await Promise.race([read, Promise.resolve("open")]), "open");
});

Deno.test("OpenBodies refuses after the time to wait", async () => {
  const { open } = bodies({ waitMs: 0 });
  await open("ann");
  await open("ann");
  await isRefused(open("ann"));
});
