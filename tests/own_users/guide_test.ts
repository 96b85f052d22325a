import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { backendOf } from "../support/api_keys.ts";
import { RunningApp } from "../support/running_app.ts";
import { at, readmeExamples, runExamples } from "../tools/readme_examples.ts";

const README = fileURLToPath(new URL("../../src/own_users/README.md", import.meta.url));
const SECRET = "a secret that the customer shares with us, 48 bytes";

async function example(name: string, app: RunningApp, env: Record<string, string>) {
  const found = readmeExamples(await Deno.readTextFile(README)).filter((one) => one.name === name);
  assert.equal(found.length, 1);
  return await runExamples(found.map((one) => at(one, app.url)), { env });
}

Deno.test("the guide's backend makes people, signs them in and acts for them", async () => {
  await using app = await RunningApp.start();
  const { token } = await backendOf(app);
  const { code, stdout, stderr } = await example("people", app, { RTC_KEY: token! });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /signed in: Ann Example/);
  assert.match(stdout, /sent: Your order is on its way/);
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
