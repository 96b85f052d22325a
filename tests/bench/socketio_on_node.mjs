// The yardstick of the Socket.IO door: npm `socket.io` on Node, which only broadcasts. It is copied
// into a folder where Node finds the package, and runs there; see node_socketio.ts.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer((_request, response) => response.end("ok"));
const io = new Server(http);
io.on("connection", (socket) => {
  socket.emit("hello", {});
  socket.on("message.send", (message, acknowledge) => {
    io.emit("message.created", message);
    acknowledge({ ok: true });
  });
});
http.listen(Number(process.env.PORT), "127.0.0.1");
