/**
 * A bare engine at `/engine.io/` and a bare Socket.IO server at `/socket.io/`, as the public test
 * suites of the two protocols require them, on PORT (3000 by default):
 * https://github.com/socketio/engine.io-protocol and
 * https://github.com/socketio/socket.io-protocol, each in its folder `test-suite`. For these suites
 * only: it admits every client.
 */
import { Server, type Socket } from "socket.io";
import { DenoEngine, type EngineOptions } from "./engine/mod.ts";

const OPTIONS: EngineOptions = {
  pingInterval: 300,
  pingTimeout: 200,
  maxHttpBufferSize: 1e6,
  cors: { origin: "*" },
};
const CONNECT_TIMEOUT_MS = 1000;
/**
 * Delay in milliseconds between the CONNECT packet and `auth`. The suite awaits one message at a
 * time and misses one that reaches it in the same read as its predecessor; Deno sends frames that
 * are written together in one TCP segment.
 */
const AUTH_DELAY_MS = 40;

/** Returns an engine that echoes every message. */
function echoEngine(): DenoEngine {
  const engine = new DenoEngine(OPTIONS);
  engine.on("connection", (socket) => socket.on("data", (data: unknown) => socket.send(data)));
  return engine;
}

/** Returns the engine of a Socket.IO server with the events that the suite uses. */
function socketIoEngine(): DenoEngine {
  const engine = new DenoEngine(OPTIONS);
  const io = new Server({ connectTimeout: CONNECT_TIMEOUT_MS });
  io.bind(engine);
  io.on("connection", answerEvents);
  io.of("/custom").on("connection", emitAuth);
  return engine;
}

function answerEvents(socket: Socket): void {
  emitAuth(socket);
  socket.on("message", (...args) => socket.emit("message-back", ...args));
  socket.on("message-with-ack", (...args) => {
    const acknowledge = args.pop();
    if (typeof acknowledge === "function") acknowledge(...args);
  });
}

function emitAuth(socket: Socket): void {
  setTimeout(() => socket.emit("auth", socket.handshake.auth), AUTH_DELAY_MS);
}

export function conformanceHandler(): Deno.ServeHandler {
  const engines: Record<string, DenoEngine> = {
    "/engine.io/": echoEngine(),
    "/socket.io/": socketIoEngine(),
  };
  return (request, info) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/healthz") return new Response("ok");
    return engines[pathname]?.handle(request, info) ?? new Response("Not found", { status: 404 });
  };
}

if (import.meta.main) {
  Deno.serve({ port: Number(Deno.env.get("PORT") ?? 3000) }, conformanceHandler());
}
