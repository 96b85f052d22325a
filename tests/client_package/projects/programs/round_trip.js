import { ChatClient } from "realtimechat-client";
import { formatSafetyNumber } from "realtimechat-client/encryption";

/** Lets two new people write to each other, in the clear and encrypted. Returns what was read, and how it is verified. */
export async function roundTrip(options) {
  const people = await Promise.all(["ann", "bob"].map((name) => registered(name, options)));
  const [ann, bob] = people;
  const texts = [];
  const received = new Promise((resolve) => {
    bob.on("message", ({ message }) => texts.push(message.text) === 2 && resolve());
  });
  const { id } = await ann.openDirect(bob.userId);
  await ann.send(id, { text: "plain" });
  for (const client of people) await client.enableEncryption("device");
  const sealed = await ann.encryption.createDirect(bob.userId);
  await ann.send(sealed.id, { text: "sealed" });
  await received;
  const number = formatSafetyNumber(await ann.encryption.safetyNumber(sealed.id, bob.userId));
  await Promise.all(people.map((client) => client.close()));
  return { texts, digits: number.replaceAll(" ", "").length };
}

async function registered(name, options) {
  const client = new ChatClient(options);
  client.on("fault", (error) => console.error(error));
  const username = `${name}_${crypto.randomUUID().slice(0, 8)}`;
  const email = `${username}@example.org`;
  await client.register({ username, email, password: "a long password" });
  client.connect();
  await client.online();
  return client;
}
