import assert from "node:assert/strict";
import { OTHER_SECRET, SECRET, signed } from "../client/server/world.ts";
import { TempDir } from "../support/temp_dir.ts";
import { readmeExamples } from "../tools/readme_examples.ts";

const README = new URL("../../src/webhooks/README.md", import.meta.url);
const SERVER = new URL("../../src/client/server/mod.ts", import.meta.url).href;

Deno.test("the guide's typed receiver accepts what is signed, by either secret, and refuses the rest", async () => {
  const [example] = readmeExamples(await Deno.readTextFile(README));
  await using folder = await TempDir.make("receiver");
  const path = folder.join("receive.ts");
  const code = example.code.replace('"realtimechat-client/server"', JSON.stringify(SERVER));
  await Deno.writeTextFile(path, code);
  Deno.env.set("WEBHOOK_SECRETS", `${SECRET},${OTHER_SECRET}`);
  const { receive } = await import(`file://${path}`);
  const body = JSON.stringify({ id: "e", type: "user.deleted", data: { id: "u" } });
  const statusOf = async (headers: Record<string, string>) => {
    const request = new Request("http://localhost", { method: "POST", headers, body });
    return (await receive(request)).status;
  };
  assert.equal(await statusOf(signed(body)), 204);
  assert.equal(await statusOf(signed(body, [OTHER_SECRET])), 204);
  assert.equal(await statusOf(signed(`${body} `)), 401);
  assert.equal(await statusOf(signed(body, [SECRET], 1)), 401);
});
