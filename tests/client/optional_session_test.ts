import assert from "node:assert/strict";
import { generate } from "otplib";
import { ChatClient } from "../../src/client/mod.ts";
import { RunningApp } from "../support/running_app.ts";

Deno.test("a client sends its session to operations that need none but use it", async () => {
  await using app = await RunningApp.start();
  const client = new ChatClient({ url: app.url });
  const password = "a long password";
  await client.register({ username: "ann", email: "ann@example.org", password });
  const { secret } = await client.call("secondFactor.enable", {});
  const code = await generate({ secret });
  const done = await client.call("secondFactor.verify", { code });
  assert.ok("recoveryCodes" in done);
  await client.signOut();
  const answer = await client.signIn({ identifier: "ann", password });
  assert.ok("challenge" in answer);
  const [recovery] = done.recoveryCodes;
  const pair = await client.call("secondFactor.verify", {
    challenge: answer.challenge,
    code: recovery,
  });
  assert.ok("accessToken" in pair);
  assert.equal((await client.useSession(pair)).username, "ann");
  await client.close();
});
