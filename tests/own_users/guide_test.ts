import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { backendOf } from "../support/api_keys.ts";
import { RunningApp } from "../support/running_app.ts";
import { at, readmeExamples, runExamples } from "../tools/readme_examples.ts";

const README = fileURLToPath(new URL("../../src/own_users/README.md", import.meta.url));
const CLIENT = new URL("../../src/client/", import.meta.url).href;
const SECRET = "a secret that the customer shares with us, 48 bytes";

async function example(name: string, app: RunningApp, env: Record<string, string>) {
  const found = readmeExamples(await Deno.readTextFile(README)).filter((one) => one.name === name);
  assert.equal(found.length, 1);
  const local = found.map((one) => at(one, app.url)).map((one) => ({
    ...one,
    code: one.code.replaceAll(/"realtimechat-client\/(\w+)"/g, `"${CLIENT}$1/mod.ts"`),
  }));
  return await runExamples(local, { env });
}

Deno.test("the guide's backend makes people, signs them in and acts for them", async () => {
  await using app = await RunningApp.start();
  const { token } = await backendOf(app);
  const plain = await example("people", app, { RTC_KEY: token! });
  assert.equal(plain.code, 0, plain.stderr + plain.stdout);
  assert.match(plain.stdout, /"displayName":"Ann Example".*"accessToken":.*"name":"Orders"/s);
  const typed = await example("people-typed", app, { RTC_KEY: token! });
  assert.equal(typed.code, 0, typed.stderr);
  assert.match(typed.stdout, /signed in: Ann Example/);
  assert.match(typed.stdout, /sent: Your order is on its way/);
});

Deno.test("the guide's own token is good at once", async () => {
  await using app = await RunningApp.start({
    AUTH_JWT_SECRET: SECRET,
    AUTH_ISSUER: "https://login.example.com/",
    AUTH_AUDIENCE: "chat",
  });
  const { code, stdout, stderr } = await example("tokens", app, { AUTH_JWT_SECRET: SECRET });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /hello, Ann Example/);
});
