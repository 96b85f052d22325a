// The stack that a team would write first: Express, Socket.IO and the MongoDB driver. A message is
// inserted with a journaled write, then emitted to the chat's room. There are no accounts, no
// members, no limits, no order and no catching up, which all would cost it something.
import { createServer } from "node:http";
import express from "express";
import { MongoClient } from "mongodb";
import { Server } from "socket.io";

const client = await new MongoClient(process.env.MONGODB_URI).connect();
const messages = client.db().collection("messages", { writeConcern: { w: 1, journal: true } });
await messages.createIndex({ chatId: 1, createdAt: 1 });

const app = express();
app.use(express.json());
const http = createServer(app);
const io = new Server(http);

async function send({ chatId, senderId, text }) {
  const message = { chatId, senderId, text, createdAt: new Date() };
  await messages.insertOne(message);
  io.to(chatId).emit("message.created", message);
  return message;
}

app.get("/", (_request, response) => response.send("ok"));
app.post("/messages", async (request, response) => {
  response.status(201).json(await send(request.body));
});
io.on("connection", (socket) => {
  socket.join(socket.handshake.auth.chatId);
  socket.emit("hello", {});
  socket.on("message.send", async (message, acknowledge) => {
    acknowledge(await send(message));
  });
});
http.listen(Number(process.env.PORT), "127.0.0.1");
