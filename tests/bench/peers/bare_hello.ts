/**
 * The least that any WebSocket server on Deno does for a socket: the handshake, the first frame
 * read as JSON, and a reply of the length of ours.
 */
const REPLY = JSON.stringify({ id: 0, ok: true, data: { user: "x".repeat(600) } });

Deno.serve(
  { port: Number(Deno.env.get("PORT")), hostname: "127.0.0.1", onListen() {} },
  (request) => {
    if (!request.headers.has("upgrade")) return new Response("ok");
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 60 });
    socket.onmessage = ({ data }) => {
      JSON.parse(data);
      socket.send(REPLY);
    };
    return response;
  },
);
