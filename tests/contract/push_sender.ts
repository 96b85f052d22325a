import assert from "node:assert/strict";
import {
  MAX_DATA_BYTES,
  type Push,
  type PushResult,
  type PushSender,
  type PushTarget,
} from "../../src/notifications/push/sender.ts";
import type { ScriptedAnswers } from "../support/scripted_answers.ts";

/** A push as it was received at the other end. */
export interface ArrivedPush {
  alert: { title: string; body: string } | null;
  badge: number | null;
  collapseKey: string | null;
  data: Record<string, string>;
}

export interface PushSenderUnderTest {
  sender: PushSender;
  target: PushTarget;
  arrived(): ArrivedPush[];
  close(): Promise<void>;
}

/** A sender connected to a test push service. */
export interface PushServiceUnderTest extends PushSenderUnderTest {
  sends: ScriptedAnswers;
  /** The device removes the app or revokes the permission. */
  endRegistration(): void;
  stop(): Promise<void>;
}

export const samplePush: Push = {
  collapseKey: "0198c0de-0000-7000-8000-000000000001",
  alert: { title: "Ada Lovelace", body: "Café? 東京で 👩‍👩‍👧‍👧" },
  badge: 3,
  data: { chatId: "0198c0de-0000-7000-8000-000000000001", seq: "42" },
  urgency: "high",
  ttl: 86_400,
};

/** Milliseconds after which a sender gives a push up: more than a busy machine needs for many. */
const TIMEOUT_MS = 60_000;
/** As `TIMEOUT_MS`, where a test waits for it. */
const SHORT_TIMEOUT_MS = 1_000;

/** Each test has a separate sender, and a registered device. */
function testsOf<Under extends PushSenderUnderTest>(
  name: string,
  open: (timeoutMs: number) => Promise<Under>,
) {
  return (
    title: string,
    body: (under: Under) => Promise<void>,
    timeoutMs = TIMEOUT_MS,
  ): void => {
    Deno.test(`${name}: ${title}`, async () => {
      const under = await open(timeoutMs);
      try {
        await body(under);
      } finally {
        await under.close();
      }
    });
  };
}

/** Contract of every sender. */
export function pushSenderContract(
  name: string,
  open: (timeoutMs: number) => Promise<PushSenderUnderTest>,
): void {
  const test = testsOf(name, open);

  test("a push arrives complete", async ({ sender, target, arrived }) => {
    assert.deepEqual(await sender.send(target, samplePush), { outcome: "delivered" });
    const { alert, badge, collapseKey, data } = samplePush;
    assert.deepEqual(arrived(), [{ alert, badge, collapseKey, data: { ...data } }]);
  });

  test("a push without an alert arrives without content", async ({ sender, target, arrived }) => {
    const push = { ...samplePush, alert: null, badge: null, collapseKey: null };
    assert.deepEqual(await sender.send(target, push), { outcome: "delivered" });
    const data = { ...push.data };
    assert.deepEqual(arrived(), [{ alert: null, badge: null, collapseKey: null, data }]);
  });

  test("texts that are too long or malformed are fixed", async ({ sender, target, arrived }) => {
    const alert = { title: "a\r\nb\0c", body: `"\\${"👩‍👩‍👧‍👧".repeat(5_000)}` };
    const result = await sender.send(target, { ...samplePush, alert });
    assert.deepEqual(result, { outcome: "delivered" });
    const shown = arrived()[0].alert!;
    assert.equal(shown.title, "a b c");
    assert.match(shown.body, /^"\\(👩‍👩‍👧‍👧)+…$/u);
    assert.ok(new TextEncoder().encode(shown.body).length <= 1000);
  });

  test("the largest data arrives, larger data is rejected unsent", async (under) => {
    const { sender, target, arrived } = under;
    const alert = { title: '"'.repeat(500), body: '"'.repeat(5_000) };
    const largest = { ...samplePush, alert, data: { k: "é".repeat((MAX_DATA_BYTES - 2) / 2) } };
    assert.deepEqual(await sender.send(target, largest), { outcome: "delivered" });
    const tooLarge = { ...largest, data: { kkk: `${largest.data.k}é` } };
    assert.equal((await sender.send(target, tooLarge)).outcome, "rejected");
    assert.equal(arrived().length, 1);
  });

  test("a collapse key over 64 bytes is rejected unsent", async ({ sender, target, arrived }) => {
    const result = await sender.send(target, { ...samplePush, collapseKey: "k".repeat(65) });
    assert.equal(result.outcome, "rejected");
    assert.deepEqual(arrived(), []);
  });

  test("many concurrent pushes all arrive", async ({ sender, target, arrived }) => {
    const pushes = Array.from({ length: 50 }, (_, n) => ({ ...samplePush, data: { n: `${n}` } }));
    const results = await Promise.all(pushes.map((push) => sender.send(target, push)));
    const others = results.filter(({ outcome }) => outcome !== "delivered");
    assert.deepEqual(others, []);
    assert.equal(new Set(arrived().map(({ data }) => data.n)).size, 50);
  });
}

/** Results of a sender for a push service that refuses, fails or is gone. */
export function pushServiceContract(
  name: string,
  open: (timeoutMs: number) => Promise<PushServiceUnderTest>,
): void {
  const test = testsOf(name, open);

  test("an ended registration is gone", async ({ sender, target, endRegistration, arrived }) => {
    endRegistration();
    assert.equal((await sender.send(target, samplePush)).outcome, "gone");
    assert.deepEqual(arrived(), []);
  });

  for (const status of [404, 410]) {
    test(`${status} means gone`, async ({ sender, target, sends }) => {
      sends.add({ status });
      assert.equal((await sender.send(target, samplePush)).outcome, "gone");
    });
  }

  for (const status of [400, 401, 403, 413]) {
    test(`${status} means rejected`, async ({ sender, target, sends }) => {
      sends.add({ status });
      assert.equal((await sender.send(target, samplePush)).outcome, "rejected");
    });
  }

  for (const status of [429, 500, 502, 503]) {
    test(`${status} means retry, with Retry-After in seconds`, async (under) => {
      under.sends.add({ status, retryAfter: "120" });
      assert.equal(waitOf(await send(under)), 120_000);
    });
  }

  test("Retry-After may be a date, and a date gone by is now", async (under) => {
    const inTenMinutes = new Date(Date.now() + 600_000).toUTCString();
    under.sends.add({ status: 503, retryAfter: inTenMinutes });
    const wait = waitOf(await send(under))!;
    assert.ok(wait > 0 && wait <= 600_000, `${wait}`);
    under.sends.add({ status: 503, retryAfter: new Date(0).toUTCString() });
    assert.equal(waitOf(await send(under)), 0);
  });

  test("an invalid Retry-After is ignored, a huge one bounded", async (under) => {
    under.sends.add({ status: 503, retryAfter: "soon" });
    assert.equal(waitOf(await send(under)), undefined);
    under.sends.add({ status: 503, retryAfter: "99999999999" });
    assert.equal(waitOf(await send(under)), 86_400_000);
  });

  test("a redirect is not followed", async ({ sender, target, sends, arrived }) => {
    sends.add({ status: 307, headers: { location: "/elsewhere" } });
    assert.equal((await sender.send(target, samplePush)).outcome, "rejected");
    assert.deepEqual(arrived(), []);
  });

  test("a malformed error body does no harm", async ({ sender, target, sends }) => {
    sends.add({ status: 503, body: "[" });
    assert.equal((await sender.send(target, samplePush)).outcome, "retry");
  });

  test("an error body is read no further than its start, and its status counts", async (under) => {
    const { body, sent } = longBody();
    under.sends.add({ status: 503, retryAfter: "7", body });
    assert.equal(waitOf(await send(under)), 7_000);
    assert.ok(sent() < LONG_BYTES, `${sent()} bytes were read`);
  });

  test("a service that does not respond means retry", async ({ sender, target, sends }) => {
    sends.add("hang");
    assert.equal((await sender.send(target, samplePush)).outcome, "retry");
  }, SHORT_TIMEOUT_MS);

  test("a service that is down means retry", async ({ sender, target, stop }) => {
    await stop();
    assert.equal((await sender.send(target, samplePush)).outcome, "retry");
  });

  test("after a failure the next push arrives", async ({ sender, target, sends, arrived }) => {
    sends.add({ status: 503 });
    assert.equal((await sender.send(target, samplePush)).outcome, "retry");
    assert.equal((await sender.send(target, samplePush)).outcome, "delivered");
    assert.equal(arrived().length, 1);
  });
}

function send({ sender, target }: PushSenderUnderTest): Promise<PushResult> {
  return sender.send(target, samplePush);
}

function waitOf(result: PushResult): number | undefined {
  assert.equal(result.outcome, "retry");
  return result.outcome === "retry" ? result.afterMs : undefined;
}

const LONG_BYTES = 32 * 1024 * 1024;

/** A body of many parts, which counts the bytes that were taken from it. */
function longBody(): { body: ReadableStream<Uint8Array>; sent: () => number } {
  const part = new Uint8Array(64 * 1024).fill(120);
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(part);
      sent += part.length;
      if (sent >= LONG_BYTES) controller.close();
    },
  });
  return { body, sent: () => sent };
}
