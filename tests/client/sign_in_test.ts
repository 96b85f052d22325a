import assert from "node:assert/strict";
import { generate } from "otplib";
import { ChatClient } from "../../src/client/mod.ts";
import { GoogleServer } from "../support/google_server.ts";
import { OidcServer } from "../support/oidc_server.ts";
import { RunningApp } from "../support/running_app.ts";

const PASSWORD = "a long password";

Deno.test("signing in with a second factor takes one call for the password and one for the code", async () => {
  await using app = await RunningApp.start();
  const first = new ChatClient({ url: app.url });
  await first.register({ username: "ann", email: "ann@example.org", password: PASSWORD });
  const { secret } = await first.call("secondFactor.enable", {});
  const codeAt = (time: number) => generate({ secret, epoch: Math.floor(time / 1000) });
  const code = await codeAt(Date.now());
  await first.call("secondFactor.verify", { code });
  const client = new ChatClient({ url: app.url });
  const result = await client.signIn({ identifier: "ann", password: PASSWORD });
  assert.ok("challenge" in result);
  assert.equal(client.user, null);
  await assert.rejects(client.answerChallenge(result.challenge, "000000"), {
    code: "unauthenticated",
  });
  // Each code works once, so this is the code of the next half minute.
  app.clock.ahead += 30_000;
  const user = await client.answerChallenge(result.challenge, await codeAt(Date.now() + 30_000));
  assert.equal(user.username, "ann");
  assert.equal(client.userId, user.id);
});

Deno.test("signing in with Google takes one call", async () => {
  await using google = await GoogleServer.start();
  await using app = await RunningApp.start(google.env);
  const person = { sub: "1001", email: "ann@example.org", email_verified: true, name: "Ann Lee" };
  const client = new ChatClient({ url: app.url });
  const result = await client.signInWithGoogle({ idToken: await google.idToken(person) });
  assert.ok("user" in result);
  assert.equal(result.user.displayName, "Ann Lee");
  assert.equal((await client.call("user.profile", {})).id, client.userId);
  await assert.rejects(client.signInWithFacebook({ idToken: "none" }), { name: "ChatError" });
});

Deno.test("a client signs in with any configured provider, and goes on as the person of its subject", async () => {
  await using acme = await OidcServer.start();
  await using app = await RunningApp.start(acme.env("acme"));
  const person = { sub: "1", email: "ann@acme.example", name: "Ann Lee" };
  const ids: string[] = [];
  for (const _ of [1, 2]) {
    const client = new ChatClient({ url: app.url });
    const idToken = await acme.idToken(person);
    await client.signInWith({ provider: "acme", idToken });
    assert.equal(client.user?.displayName, "Ann Lee");
    ids.push(client.userId);
    await client.close();
  }
  assert.equal(ids[0], ids[1]);
});
