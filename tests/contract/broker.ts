import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { ChatCommit } from "../../src/model/chat_step.ts";
import type { Broker, BrokerEvents, Signal } from "../../src/cluster/broker.ts";
import { newId } from "../../src/core/ids.ts";
import { eventually } from "../support/eventually.ts";

/** Records the events of a broker. */
export class ReceivedSignals implements BrokerEvents {
  readonly signals: Signal[] = [];
  readonly commits: ChatCommit[] = [];
  readonly gone: string[] = [];
  /** The publishing instance of each signal. */
  readonly from: string[] = [];
  gaps = 0;
  deaths = 0;

  onSignals(signals: Signal[], instance: string): void {
    this.signals.push(...signals);
    this.from.push(...signals.map(() => instance));
  }

  onCommits(commits: ChatCommit[]): void {
    this.commits.push(...commits);
  }

  onGap(): void {
    this.gaps++;
  }

  onGone(instance: string): void {
    this.gone.push(instance);
  }

  onDied(): void {
    this.deaths++;
  }
}

/** A broker that was started in this process. */
export interface OpenBroker {
  broker: Broker;
  received: ReceivedSignals;
}

/** A broker that was started where a second instance would be: mostly in another process. */
export interface OtherBroker {
  publish(signals: Signal[]): Promise<void>;
  received(): Promise<{ signals: Signal[]; gaps: number }>;
  /** Closes in good order. */
  close(): Promise<void>;
  /** Dies as by `kill -9`. */
  die(): Promise<void>;
}

export interface BrokerBed extends AsyncDisposable {
  here(): Promise<OpenBroker>;
  other(): Promise<OtherBroker>;
}

/**
 * Contract of every Broker adapter. Instances of a bed die after four seconds without a heartbeat.
 */
export function brokerContract(
  name: string,
  open: () => Promise<BrokerBed>,
  options: Pick<Deno.TestDefinition, "ignore" | "sanitizeOps" | "sanitizeResources"> = {},
): void {
  const test = (title: string, run: (bed: BrokerBed) => Promise<void>) =>
    Deno.test({
      ...options,
      name: `${name} broker: ${title}`,
      fn: async () => {
        await using bed = await open();
        await run(bed);
      },
    });

  test("signals reach the other instance in order, and not their publisher", async (bed) => {
    const { broker, received } = await bed.here();
    const other = await bed.other();
    const mine = Array.from({ length: 300 }, (_, i) => typing(i));
    const theirs = Array.from({ length: 300 }, (_, i) => typing(i));
    const published = other.publish(theirs);
    for (const signal of mine) broker.publish(signal);
    await published;
    await eventually("both have all", async () => {
      return received.signals.length >= 300 && (await other.received()).signals.length >= 300;
    });
    assert.deepEqual(received.signals, theirs);
    assert.deepEqual((await other.received()).signals, mine);
  });

  test("every kind of signal arrives unchanged", async (bed) => {
    const { broker } = await bed.here();
    const other = await bed.other();
    const signals = everyKind();
    for (const signal of signals) broker.publish(signal);
    await eventually("everything arrived", async () => {
      return (await other.received()).signals.length >= signals.length;
    });
    assert.deepEqual((await other.received()).signals, signals);
  });

  test("pointers to one chat collapse to the highest, and keep the earliest membersAfter", async (bed) => {
    const { broker } = await bed.here();
    const other = await bed.other();
    const [chatId, last] = [newId(), newId()];
    for (let rev = 1; rev <= 500; rev++) {
      broker.publish({
        type: "chat",
        chatId,
        rev,
        ...(rev % 100 === 50 && { membersAfter: rev - 1 }),
      });
    }
    broker.publish({ type: "chat", chatId: last, rev: 1 });
    await eventually("the last arrived", async () => {
      return (await other.received()).signals.some((each) =>
        "chatId" in each && each.chatId === last
      );
    });
    const pointers = (await other.received()).signals.filter((each) => each.type === "chat");
    const mine = pointers.filter((each) => each.chatId === chatId);
    assert.equal(Math.max(...mine.map(({ rev }) => rev)), 500);
    assert.equal(Math.min(...mine.map(({ membersAfter = Infinity }) => membersAfter)), 49);
    assert.ok(mine.length < 50, `${mine.length} pointers for one chat`);
  });

  test("thousands of pointers and signals of any size arrive", async (bed) => {
    const { broker } = await bed.here();
    const other = await bed.other();
    const chatIds = Array.from({ length: 5_000 }, () => newId());
    for (const chatId of chatIds) broker.publish({ type: "chat", chatId, rev: 1 });
    const userIds = Array.from({ length: 40_000 }, () => newId());
    broker.publish({ type: "users", userIds, event: { event: "presence", data: {} } });
    await eventually(
      "all users arrived",
      async () => usersIn(await other.received()).length >= 40_000,
    );
    const { signals } = await other.received();
    assert.deepEqual(usersIn({ signals }).sort(), userIds.sort());
    const chats = signals.flatMap((each) => each.type === "chat" ? [each.chatId] : []);
    assert.deepEqual(chats.sort(), chatIds.sort());
  });

  test("an instance that starts later receives signals from then on", async (bed) => {
    const { broker } = await bed.here();
    broker.publish(typing(1));
    await broker.flush();
    const other = await bed.other();
    const later = typing(2);
    broker.publish(later);
    const last = async () => (await other.received()).signals.at(-1);
    await eventually("it arrived", async () => isDeepStrictEqual(await last(), later));
  });

  test("signals published before closing arrive", async (bed) => {
    const { received } = await bed.here();
    const other = await bed.other();
    await other.publish(everyKind());
    await other.close();
    await eventually("everything arrived", () => received.signals.length === everyKind().length);
  });

  test("an instance that dies is reported as gone, and the others go on", async (bed) => {
    const { broker, received } = await bed.here();
    const [dying, staying] = [await bed.other(), await bed.other()];
    await dying.publish([typing(1)]);
    await eventually("it was there", () => received.signals.length === 1);
    await dying.die();
    await eventually("it is gone", () => received.gone.includes(received.from[0]));
    assert.ok(received.deaths > 0, "its last commits are read");
    const [mine, theirs] = [typing(2), typing(3)];
    broker.publish(mine);
    await staying.publish([theirs]);
    // On a busy machine one may have been considered dead for a moment, and is read from its
    // beginning.
    await eventually("both arrived", async () => {
      return isAmong(mine, (await staying.received()).signals) && isAmong(theirs, received.signals);
    });
    assert.equal(broker.fault(), null);
  });

  test("closing twice is closing once, and later signals are dropped", async (bed) => {
    const { broker } = await bed.here();
    const other = await bed.other();
    await Promise.all([broker.close(), broker.close()]);
    broker.publish(typing(1));
    await broker.flush();
    assert.deepEqual((await other.received()).signals, []);
  });
}

function isAmong(signal: Signal, signals: Signal[]): boolean {
  return signals.some((each) => JSON.stringify(each) === JSON.stringify(signal));
}

function usersIn({ signals }: { signals: Signal[] }): string[] {
  return signals.flatMap((each) => each.type === "users" ? each.userIds : []);
}

function typing(n: number): Signal {
  return { type: "typing", chatId: newId(), userId: newId(), typing: n % 2 === 0 };
}

function everyKind(): Signal[] {
  const [chatId, userId] = [newId(), newId()];
  const event = { event: "receipt.updated" as const, chatId, data: { text: "é 東京 \u0001" } };
  return [
    { type: "chat", chatId, rev: 2 ** 40 },
    { type: "chat", chatId: newId(), rev: 128, membersAfter: 0 },
    { type: "room", chatId, event },
    { type: "rooms", chatIds: [chatId], event, exceptUserIds: [userId] },
    { type: "users", userIds: [userId], event },
    { type: "typing", chatId, userId, typing: true },
    { type: "typing", chatId, userId, typing: false },
    { type: "typing", chatId, userId, typing: false, silent: true },
    { type: "sessions", sessionIds: [newId()] },
    { type: "typing", chatId: "no uuid", userId, typing: true },
  ];
}
