import assert from "node:assert/strict";
import { AppError } from "../../../src/core/errors.ts";
import { SocketAdmission } from "../../../src/transport/socket_admission.ts";
import { SocketIoTransport } from "../../../src/transport/socketio/socketio_transport.ts";

type Options = ConstructorParameters<typeof SocketIoTransport>[0];

function aDoor(options: Partial<Options> = {}): SocketIoTransport {
  const limits = { frameBytes: 1024, socketBufferBytes: 65_536, helloTimeMs: 60_000 };
  const counts = { socketsPerAddress: 10, socketsBeforeHello: 10, memoryBytes: 0 };
  const unused = { commands: null, services: null, log: null } as unknown as Options;
  return new SocketIoTransport({
    ...unused,
    limits,
    admission: new SocketAdmission(counts),
    corsOrigins: [],
    publicUrl: null,
    trustedProxy: null,
    polling: true,
    ...options,
  });
}

function ask(door: SocketIoTransport, headers: HeadersInit = {}, transport = "polling") {
  const url = `http://10.0.0.1:5000/socket.io/?EIO=4&transport=${transport}`;
  const remoteAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;
  const info = { remoteAddr, completed: Promise.resolve() };
  return door.handle(new Request(url, { headers }), info);
}

/** The heartbeats of abandoned sessions end with the drain. */
const OPTIONS = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "SocketIoTransport admits pages of the public URL behind any proxy",
  OPTIONS,
  async () => {
    const door = aDoor({ publicUrl: "https://chat.example" });
    const allowed = await ask(door, { origin: "https://chat.example", host: "10.0.0.1:5000" });
    assert.equal(allowed.status, 200);
    await assert.rejects(
      ask(door, { origin: "https://evil.example", host: "10.0.0.1:5000" }),
      (error) => error instanceof AppError && error.code === "forbidden",
    );
    assert.equal(door.size, 1);
    await door.drain();
    assert.equal(door.size, 0);
  },
);

Deno.test(
  "SocketIoTransport offers no polling if two processes serve one client",
  OPTIONS,
  async () => {
    const door = aDoor({ polling: false });
    const refused = await ask(door);
    assert.deepEqual([refused.status, (await refused.json()).message], [400, "Transport unknown"]);
    await door.drain();
  },
);

Deno.test("SocketIoTransport has nothing to drain before the first request, and then refuses clients", async () => {
  const door = aDoor();
  await door.drain();
  await assert.rejects(
    ask(door),
    (error) => error instanceof AppError && error.code === "unavailable",
  );
});

Deno.test("SocketIoTransport refuses new clients while draining", OPTIONS, async () => {
  const door = aDoor();
  await (await ask(door)).body?.cancel();
  await door.drain();
  const refused = await ask(door);
  assert.equal(refused.status, 503);
  await refused.body?.cancel();
});
