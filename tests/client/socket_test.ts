import assert from "node:assert/strict";
import { ChatSocket, type ConnectionState, type SocketHost } from "../../src/client/socket.ts";
import type { WebSocketClass } from "../../src/client/platform.ts";
import { eventually } from "../support/eventually.ts";
import { LiveTimers } from "./live_timers.ts";

/* Tests old sockets, heartbeats and timers of `ChatSocket`, on sockets that the test controls. */

/** A socket without a network. */
class ScriptedSocket {
  static all: ScriptedSocket[] = [];
  readyState = 0;
  readonly sent: { id: number; cmd: string; data: { compact?: boolean } }[] = [];
  onopen: () => void = () => {};
  onmessage: (event: { data: string }) => void = () => {};
  onerror: () => void = () => {};
  onclose: (event: { code: number }) => void = () => {};

  constructor() {
    ScriptedSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = Math.max(this.readyState, 2);
  }

  open(): void {
    this.readyState = 1;
    this.onopen();
  }

  /** The server or the network ends the connection. */
  end(code: number): void {
    this.readyState = 3;
    this.onclose({ code });
  }

  receive(frame: object): void {
    this.onmessage({ data: JSON.stringify(frame) });
  }

  /** Answers the last command. */
  answer(data: object = {}): void {
    this.receive({ id: this.sent.at(-1)?.id, ok: true, data });
  }
}

/** Commands that a socket has sent. */
const commandsOf = ({ sent }: ScriptedSocket) => sent.map(({ cmd }) => cmd);

class World implements Disposable {
  readonly timers = new LiveTimers();
  readonly states: ConnectionState[] = [];
  readonly events: string[] = [];
  readonly received: unknown[] = [];
  /** Replaced by tests. */
  token: SocketHost["token"] = () => Promise.resolve("token");
  onHello: SocketHost["onHello"] = () => {};
  readonly socket: ChatSocket;

  constructor() {
    ScriptedSocket.all = [];
    const host: SocketHost = {
      token: (stale) => this.token(stale),
      cursors: () => ({}),
      onHello: (hello) => this.onHello(hello),
      onEvent: (event) => {
        this.events.push(event.event);
        this.received.push(event);
      },
      onState: (state) => void this.states.push(state),
      onUnopened: () => {},
    };
    const WebSocket = ScriptedSocket as unknown as WebSocketClass;
    this.socket = new ChatSocket(host, { url: "ws://x/ws", WebSocket, timeoutMs: 15_000 });
  }

  get sockets(): ScriptedSocket[] {
    return ScriptedSocket.all;
  }

  /** Resolves with the nth socket, from 0. */
  async dialed(n: number): Promise<ScriptedSocket> {
    return await eventually(`socket ${n} is dialed`, () => this.sockets[n]);
  }

  /** Resolves once the nth socket is online. */
  async online(n: number): Promise<ScriptedSocket> {
    const socket = await this.dialed(n);
    socket.open();
    socket.answer();
    await eventually("it is online", () => this.socket.state === "online");
    return socket;
  }

  [Symbol.dispose](): void {
    this.socket.close();
    this.timers[Symbol.dispose]();
  }
}

Deno.test("ChatSocket sends a ping within half a minute of silence, and none after the connection", async () => {
  using world = new World();
  world.socket.connect();
  const first = await world.online(0);
  const [heartbeat] = world.timers.intervals;
  assert.ok(heartbeat && heartbeat.ms <= 30_000, "proxies end connections that are silent longer");
  heartbeat.run();
  assert.deepEqual(commandsOf(first), ["hello", "ping"]);
  world.socket.reconnect();
  await world.online(1);
  assert.equal(world.timers.intervals.length, 1, "the old heartbeat has ended");
  heartbeat.run();
  assert.deepEqual(commandsOf(first), ["hello", "ping"]);
});

Deno.test("ChatSocket replaces a connection whose ping is not answered in time", async () => {
  using world = new World();
  world.socket.connect();
  const first = await world.online(0);
  world.timers.intervals[0].run();
  world.timers.passTime(60_000);
  assert.equal(first.readyState, 2);
  await world.online(1);
});

Deno.test("ChatSocket sends nothing to a socket that is closing, and fails the command at its end", async () => {
  using world = new World();
  world.socket.connect();
  const first = await world.online(0);
  first.readyState = 2;
  const refused = assert.rejects(world.socket.request("ping", {}), { code: "offline" });
  assert.deepEqual(commandsOf(first), ["hello"]);
  first.end(1006);
  await refused;
});

Deno.test("ChatSocket ignores events, replies and the end of an old socket after a reconnect", async () => {
  using world = new World();
  world.socket.connect();
  const old = await world.online(0);
  let settled = "";
  const request = world.socket.request("ping", {}).then(() => "answered", () => "failed");
  void request.then((how) => settled = how);
  world.socket.reconnect();
  const current = await world.online(1);
  await eventually("the request has failed", () => settled);
  old.receive({ event: "resync", data: {} });
  old.answer();
  old.end(4001);
  assert.deepEqual([settled, world.events, world.socket.state], ["failed", [], "online"]);
  current.receive({ event: "typing", data: {} });
  assert.deepEqual(world.events, ["typing"]);
  assert.equal(world.sockets.length, 2);
  assert.deepEqual(world.states, ["connecting", "online", "connecting", "online"]);
});

Deno.test("ChatSocket says no hello on a socket that opens after it was replaced", async () => {
  using world = new World();
  world.socket.connect();
  const old = await world.dialed(0);
  world.socket.reconnect();
  const current = await world.dialed(1);
  old.readyState = 1;
  old.onopen();
  assert.deepEqual([commandsOf(old), old.readyState], [[], 2]);
  current.open();
  assert.deepEqual(commandsOf(current), ["hello"]);
});

Deno.test("ChatSocket is not online by the hello of a replaced socket, nor by one under way", async () => {
  using world = new World();
  const hellos: PromiseWithResolvers<void>[] = [];
  world.onHello = () => {
    hellos.push(Promise.withResolvers());
    return hellos.at(-1)!.promise;
  };
  world.socket.connect();
  const old = await world.dialed(0);
  old.open();
  old.answer();
  await eventually("the first hello is being applied", () => hellos.length === 1);
  world.socket.reconnect();
  const current = await world.dialed(1);
  current.open();
  hellos[0].resolve();
  await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(world.socket.state, "connecting");
  current.answer();
  await eventually("the second hello is being applied", () => hellos.length === 2);
  assert.equal(world.socket.state, "connecting");
  hellos[1].resolve();
  await eventually("it is online", () => world.socket.state === "online");
  assert.equal(world.timers.intervals.length, 1);
});

Deno.test("ChatSocket connects again when the missed changes could not be applied", async () => {
  using world = new World();
  world.onHello = () => Promise.reject(new Error("the network broke"));
  world.socket.connect();
  const first = await world.dialed(0);
  first.open();
  first.answer();
  await eventually("the connection is given up", () => first.readyState === 2);
  first.end(1006);
  assert.equal(world.socket.state, "waiting");
  world.onHello = () => {};
  world.timers.passTime(60_000);
  await world.online(1);
});

Deno.test("ChatSocket dials once when it is asked to reconnect while it waits for a token", async () => {
  using world = new World();
  const tokens: PromiseWithResolvers<string>[] = [];
  world.token = () => {
    tokens.push(Promise.withResolvers());
    return tokens.at(-1)!.promise;
  };
  world.socket.connect();
  world.socket.reconnect();
  assert.equal(tokens.length, 2);
  for (const { resolve } of tokens) resolve("token");
  await world.online(0);
  await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(world.sockets.length, 1);
});

const MOMENTS: Record<string, (world: World) => Promise<unknown>> = {
  "it waits for a token": (world) => {
    world.token = () => new Promise((resolve) => setTimeout(() => resolve("token"), 5));
    world.socket.connect();
    return Promise.resolve();
  },
  "the socket is opening": async (world) => {
    world.socket.connect();
    await world.dialed(0);
  },
  "hello is not answered": async (world) => {
    world.socket.connect();
    (await world.dialed(0)).open();
  },
  "missed changes are applied": async (world) => {
    world.onHello = () => new Promise((resolve) => setTimeout(resolve, 20));
    world.socket.connect();
    const socket = await world.dialed(0);
    socket.open();
    socket.answer();
  },
  "it is online, with a command in flight": async (world) => {
    world.socket.connect();
    await world.online(0);
    world.socket.request("ping", {}).catch(() => {});
  },
  "it waits for the next attempt": async (world) => {
    world.socket.connect();
    (await world.online(0)).end(1006);
  },
};

for (const [moment, reach] of Object.entries(MOMENTS)) {
  Deno.test(`ChatSocket keeps no timer and stays idle when it is closed while ${moment}`, async () => {
    using world = new World();
    await reach(world);
    const { length } = world.sockets;
    world.socket.close();
    for (const socket of world.sockets) {
      if (socket.readyState < 2) assert.fail("a socket is still open");
      socket.answer({});
      socket.end(1006);
    }
    // For a token, and for changes that are being applied.
    await new Promise((resolve) => setTimeout(resolve, 30));
    await eventually("no timer is left", () => world.timers.count === 0);
    assert.deepEqual([world.socket.state, world.sockets.length], ["idle", length]);
  });
}

Deno.test("ChatSocket says hello without compact after a server of an earlier release refused it", async () => {
  using world = new World();
  world.socket.connect();
  const refused = await world.dialed(0);
  refused.open();
  const error = { code: "invalid_request", status: 400, title: "", detail: "" };
  refused.receive({ id: refused.sent[0].id, ok: false, error });
  refused.end(4002);
  await eventually("it waits", () => world.socket.state === "waiting");
  world.socket.reconnect();
  const accepted = await world.dialed(1);
  accepted.open();
  assert.deepEqual([refused, accepted].map(({ sent }) => sent[0].data.compact), [true, undefined]);
});

Deno.test("ChatSocket fills in what events leave out", async () => {
  using world = new World();
  world.socket.connect();
  const socket = await world.online(0);
  const id = "0190a000-0000-7000-8000-000000000001";
  socket.receive({ event: "message.created", chatId: "c", rev: 7, data: { id, senderId: "ann" } });
  socket.receive({ event: "typing", chatId: "c", data: { userId: "ann", typing: true } });
  const [message, typing] = world.received as { data: unknown }[];
  assert.deepEqual(message.data, {
    id,
    chatId: "c",
    seq: 7,
    rev: 7,
    senderId: "ann",
    clientId: id,
    kind: "text",
    text: "",
    media: [],
    replyTo: null,
    mentions: [],
    reactions: [],
    createdAt: "2024-07-11T04:14:32.960Z",
    editedAt: null,
    deletedAt: null,
    pinnedAt: null,
  });
  assert.deepEqual(typing.data, { userId: "ann", typing: true });
});

Deno.test("ChatSocket renews a refused token once, and gives up when the new one is refused too", async () => {
  using world = new World();
  const stale: unknown[] = [];
  world.token = (refused) => (stale.push(refused), Promise.resolve(`token ${stale.length}`));
  world.socket.connect();
  (await world.online(0)).end(4001);
  (await world.dialed(1)).open();
  world.sockets[1].end(4001);
  await eventually("it is refused", () => world.socket.state === "refused");
  assert.deepEqual(stale, [undefined, "token 1"]);
  assert.equal(world.sockets.length, 2);
});

Deno.test("ChatSocket waits half a minute after it was limited, whatever the network does", async () => {
  using world = new World();
  world.socket.connect();
  (await world.online(0)).end(4029);
  globalThis.dispatchEvent(new Event("online"));
  world.timers.passTime(29_999);
  assert.deepEqual([world.socket.state, world.sockets.length], ["waiting", 1]);
  world.timers.passTime(30_000);
  await world.online(1);
  world.sockets[1].end(1006);
  globalThis.dispatchEvent(new Event("online"));
  await world.dialed(2);
});

/** Refuses the hello of a socket as `/ws` does: a reply, then the close. */
async function refuse(socket: ScriptedSocket, error: object, closeCode: number): Promise<void> {
  socket.open();
  socket.receive({ id: socket.sent.at(-1)!.id, ok: false, error });
  await eventually("the client has read the refusal", () => socket.readyState === 2);
  socket.end(closeCode);
}

for (const [code, closeCode] of [["rate_limited", 4029], ["unavailable", 1013]] as const) {
  Deno.test(`ChatSocket comes back when a hello that was refused as ${code} says so`, async () => {
    using world = new World();
    world.socket.connect();
    await refuse(await world.dialed(0), { code, title: "Later", retryAfter: 90 }, closeCode);
    world.timers.passTime(89_999);
    assert.deepEqual([world.socket.state, world.sockets.length], ["waiting", 1]);
    world.timers.passTime(91_000);
    await world.online(1);
    world.sockets[1].end(4029);
    world.timers.passTime(29_999);
    assert.equal(
      world.sockets.length,
      2,
      "the refusal is forgotten: half a minute, as without one",
    );
    world.timers.passTime(30_000);
    await world.dialed(2);
  });
}

Deno.test("ChatSocket waits half a minute if a limited hello does not say when", async () => {
  using world = new World();
  world.socket.connect();
  await refuse(await world.dialed(0), { code: "rate_limited", title: "Later" }, 4029);
  world.timers.passTime(29_999);
  assert.equal(world.sockets.length, 1);
  world.timers.passTime(30_000);
  await world.dialed(1);
});

Deno.test("ChatSocket returns at once to a server that restarts, and later to one that refuses again", async () => {
  using world = new World();
  world.socket.connect();
  (await world.online(0)).end(1012);
  (await world.dialed(1)).open();
  world.sockets[1].end(1012);
  assert.equal(world.socket.state, "waiting");
  assert.equal(world.timers.count, 1, "it was not online, so it waits");
});
