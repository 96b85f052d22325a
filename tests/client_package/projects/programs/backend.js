// Arguments: the server's address, and an API key.
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import process from "node:process";
import { BackendClient, verifyWebhook } from "realtimechat-client/server";

const [url, key] = process.argv.slice(2);
const chat = new BackendClient({ url, key });
await chat.users.put("ann", { name: "Ann" });
const { user } = await chat.users.put("bob", { name: "Bob" });
const { text } = await chat.actAs("ext:ann").send({ recipientId: user.id, text: "Hello" });

const secret = Buffer.from("a webhook secret of thirty bytes");
const [id, time] = ["msg_1", String(Math.floor(Date.now() / 1000))];
const body = JSON.stringify({ id, type: "webhook.test", data: { id } });
const signature = createHmac("sha256", secret).update(`${id}.${time}.${body}`).digest("base64");
const headers = {
  "webhook-id": id,
  "webhook-timestamp": time,
  "webhook-signature": `v1,${signature}`,
};
const events = await verifyWebhook(`whsec_${secret.toString("base64")}`, headers, body);
console.log(JSON.stringify({ text, types: events.map(({ type }) => type) }));
