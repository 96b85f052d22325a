import assert from "node:assert/strict";
import { generate } from "otplib";
import { eventually } from "../support/eventually.ts";
import { HttpClient } from "../support/http_client.ts";
import { ServerProcess } from "../support/server_process.ts";

Deno.test("the real program registers, confirms, protects and deletes an account", async () => {
  await using server = await ServerProcess.start({ env: { BROKER: "kv" } });
  const visitor = new HttpClient(server.url);
  const password = "correct horse battery";
  const account = { username: "ann", email: "ann@example.org", password };
  const { body } = await visitor.post("/api/auth/register", account);
  const ann = visitor.as(body.accessToken);
  const link = await eventually(
    "the mail is in the log",
    () => /account\/verify-email\?token=([\w-]+)/.exec(server.log),
  );
  assert.equal((await ann.post("/api/auth/email/verify", { token: link[1] })).status, 204);
  const begun = await ann.post("/api/auth/2fa/enable", {});
  assert.equal(begun.status, 200, JSON.stringify(begun.body));
  const code = await generate({ secret: begun.body.secret });
  assert.equal((await ann.post("/api/auth/2fa/verify", { code })).body.recoveryCodes.length, 10);
  const login = await visitor.post("/api/auth/login", { identifier: "ann", password });
  assert.equal(login.body.twoFactorRequired, true);
  const exported = await ann.get("/api/users/export");
  assert.equal(exported.body.profile[0].twoFactorEnabled, true);
  assert.equal((await ann.delete("/api/users/profile", { password })).status, 204);
  assert.equal((await ann.get("/api/users/profile")).status, 401);
});
