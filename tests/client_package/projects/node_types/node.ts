// For a project with @types/node: platform types are Node's, and the WebSocket of `ws` fits.
import process from "node:process";
import {
  ChatClient,
  type ChatClientOptions,
  generateDeviceKey,
  memoryKeyStore,
} from "realtimechat-client";
import { WebSocket } from "ws";

const options: ChatClientOptions = {
  url: process.env["SERVER"] ?? "http://localhost:5000",
  storage: memoryKeyStore(),
  deviceKey: await generateDeviceKey(),
  fetch,
  WebSocket,
};
const client = new ChatClient(options);
const media = await client.files.upload(new File(["bytes"], "name.txt", { type: "text/plain" }));
const key = await generateDeviceKey();
console.log(
  media.id,
  key.algorithm.name,
  new ChatClient({ ...options, WebSocket: globalThis.WebSocket }),
);
