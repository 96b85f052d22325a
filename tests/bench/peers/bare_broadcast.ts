import { setImmediate } from "node:timers";

/**
 * The yardstick: the minimum work of any WebSocket server on Deno. It sends every frame to every
 * client; with GATHER=1, those of one turn of the event loop as one frame, a JSON array.
 */
const sockets = new Set<WebSocket>();
const gather = Deno.env.get("GATHER") === "1";
let gathered: string[] = [];

Deno.serve(
  { port: Number(Deno.env.get("PORT")), hostname: "127.0.0.1", onListen() {} },
  (request) => {
    if (!request.headers.has("upgrade")) return new Response("ok");
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    socket.onopen = () => sockets.add(socket);
    socket.onclose = () => sockets.delete(socket);
    socket.onmessage = ({ data }) => gather ? sendLater(data) : broadcast(data);
    return response;
  },
);

function broadcast(frame: string): void {
  for (const peer of sockets) peer.send(frame);
}

function sendLater(message: string): void {
  gathered.push(message);
  if (gathered.length > 1) return;
  setImmediate(() => {
    broadcast(gathered.length === 1 ? message : `[${gathered.join(",")}]`);
    gathered = [];
  });
}
