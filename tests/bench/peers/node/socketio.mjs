// The yardstick of the Socket.IO transport: npm `socket.io` on Node, which only broadcasts.
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
