/**
 * The yardstick: the minimum work of any WebSocket server on Deno. It sends every frame to every
 * client.
 */
const sockets = new Set<WebSocket>();

Deno.serve(
  { port: Number(Deno.env.get("PORT")), hostname: "127.0.0.1", onListen() {} },
  (request) => {
    if (!request.headers.has("upgrade")) return new Response("ok");
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    socket.onopen = () => sockets.add(socket);
    socket.onclose = () => sockets.delete(socket);
    socket.onmessage = ({ data }) => {
      for (const peer of sockets) peer.send(data);
    };
    return response;
  },
);
