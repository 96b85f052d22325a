import assert from "node:assert/strict";
import { RESERVED_NAMES } from "../../src/auth/reserved_names.ts";
import { quote } from "../../src/core/errors.ts";
import { AccountWorld, PASSWORD } from "../support/account_world.ts";

/** Passwords that are guessed first are refused, wherever a password or a name is chosen. */

const COMMON = ["password", "12345678", "PassWord", "iloveyou", "qwertyuiop", "trustno1"];

Deno.test("registration refuses the most common passwords and the account's name", async () => {
  await using world = await AccountWorld.open();
  const register = (password: string, names: object = {}) => {
    const account = { username: "magdalena", email: "magda.lena@example.org", password, ...names };
    return world.send("POST", "/api/auth/register", account);
  };
  const names = ["magdalena", "Magdalena1", "!magdalena99", "magda.lena", "magda.lena@example.org"];
  for (const password of [...COMMON, ...names, "RealTimeChat", "realtimechat2026"]) {
    const { status, body } = await register(password);
    assert.deepEqual([status, body.errors?.[0].path], [400, "password"], password);
  }
  const shown = await register("Countess of Lovelace", { displayName: "Countess of Lovelace" });
  assert.equal(shown.status, 400);
  assert.equal((await register("magdalena likes tea")).status, 201);
});

Deno.test("they are refused wherever a new password is chosen, and the link stays valid", async () => {
  await using world = await AccountWorld.open();
  const ann = await world.register("annabel");
  const weak = "sunshine1";
  const change = { currentPassword: PASSWORD, newPassword: weak };
  const changed = await world.send("PUT", "/api/auth/password", change, ann);
  assert.deepEqual([changed.status, changed.body.errors[0].path], [400, "newPassword"]);
  await world.send("POST", "/api/auth/password/forgot", { email: ann.email });
  const token = await world.linkToken(ann.email, /new password/);
  const reset = (password: string) =>
    world.send("POST", "/api/auth/password/reset", { token, password });
  assert.equal((await reset("annabel123")).body.errors[0].path, "password");
  const verify = await world.linkToken(ann.email, /Confirm/);
  const input = { token: verify, newPassword: weak };
  const taken = await world.send("POST", "/api/auth/email/verify", input);
  assert.equal(taken.body.errors[0].path, "newPassword");
  assert.equal((await reset("another good one")).status, 204);
});

Deno.test("operators' names are reserved in all spellings", async () => {
  await using world = await AccountWorld.open();
  const register = (username: string, i: number) => {
    const account = { username, email: `p${i}@example.org`, password: PASSWORD };
    return world.send("POST", "/api/auth/register", account);
  };
  const valid = RESERVED_NAMES.filter((name) => name.length >= 3);
  for (const [i, name] of [...valid, "ADMIN", "ad.min", "sup_port"].entries()) {
    const { status, body } = await register(name, i);
    assert.deepEqual([status, body.errors?.[0].path], [409, "username"], name);
    assert.equal(body.detail, `Cannot register: the name ${quote(name)} is reserved`);
  }
  const ann = await world.register("ann");
  const renamed = await world.send("PUT", "/api/auth/username", { username: "Support" }, ann);
  assert.equal(renamed.status, 409);
  assert.equal((await register("administrating", 99)).status, 201);
});

Deno.test("the reserved names can be configured", async () => {
  await using world = await AccountWorld.open({ RESERVED_NAMES: "acme, Acme-Bank" });
  const register = async (username: string) => {
    const account = { username, email: `${username}@example.org`, password: PASSWORD };
    return (await world.send("POST", "/api/auth/register", account)).status;
  };
  assert.deepEqual([await register("acmebank"), await register("admin")], [409, 201]);
  await using open = await AccountWorld.open({ RESERVED_NAMES: "none" });
  await open.register("support");
});
