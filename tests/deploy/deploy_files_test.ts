import assert from "node:assert/strict";
import { VARIABLE_NAMES } from "../../src/config/variables.ts";
import { requireService } from "../support/services.ts";
import { skipWithout } from "../support/skip.ts";
import { TempDir } from "../support/temp_dir.ts";
import denoJson from "../../deno.json" with { type: "json" };

const read = (path: string) => Deno.readTextFile(new URL(`../../${path}`, import.meta.url));

/** Variables that Deno reads, and that are none of the server's. */
const DENO_OWN = ["DENO_DIR"];

function assertKnown(names: string[], file: string): void {
  assert.ok(names.length > 2, `${file} sets ${names}`);
  for (const name of names) {
    assert.ok(VARIABLE_NAMES.includes(name) || DENO_OWN.includes(name), `${file} sets ${name}`);
  }
}

function assertTask(command: string): void {
  const [, task] = /deno["',\s]+task["',\s]+--quiet["',\s]+([\w:]+)/.exec(command) ?? [];
  assert.ok(task in denoJson.tasks, command);
}

Deno.test("the systemd unit starts a task with variables that exist in the server", async () => {
  const unit = await read("src/deploy/realtimechat@.service");
  const set = [...unit.matchAll(/^Environment=(\w+)=/gm)].map(([, name]) => name);
  assertKnown(set, "the unit");
  assertTask(/^ExecStart=(.*)$/m.exec(unit)![1]);
  const start = await read("src/start.ts");
  const [, refused] = /EXIT_CONFIG = (\d+)/.exec(start)!;
  assert.match(unit, new RegExp(`^RestartPreventExitStatus=${refused}$`, "m"));
});

Deno.test({
  name: "systemd accepts the unit",
  ignore: !await exists("/usr/bin/systemd-analyze"),
  fn: async () => {
    const path = new URL("../../src/deploy/realtimechat@.service", import.meta.url).pathname;
    const { success, stderr } = await new Deno.Command("systemd-analyze", {
      args: ["verify", path],
    }).output();
    assert.equal(success, true, new TextDecoder().decode(stderr));
  },
});

Deno.test("the Containerfile has the Deno of CI, files that exist and variables of the server", async () => {
  const file = await read("src/deploy/Containerfile");
  const [, version] = /^FROM docker\.io\/denoland\/deno:([\d.]+)$/m.exec(file)!;
  assert.ok((await read(".ci/run")).includes(`deno@${version}`), version);
  const set = [.../^ENV NODE_ENV.*$/m.exec(file)![0].matchAll(/(\w+)=/g)].map(([, name]) => name);
  assertKnown(set, "the Containerfile");
  assertTask(/^CMD (.*)$/m.exec(file)![1]);
  for (const [, path] of file.matchAll(/(src\/\w+\.ts|deno\.\w+)(?=\s)/g)) {
    assert.ok(await exists(new URL(`../../${path}`, import.meta.url)), path);
  }
});

Deno.test("the Caddyfile handles the paths that need special rules", async () => {
  const file = (await read("src/deploy/Caddyfile")).replaceAll(/#.*$/gm, "");
  for (const word of ["/socket.io/*", "lb_policy ip_hash", "health_uri /readyz"]) {
    assert.ok(file.includes(word), word);
  }
});

Deno.test({
  name: "Caddy accepts the Caddyfile",
  ignore: skipWithout("caddy"),
  fn: async () => {
    const path = new URL("../../src/deploy/Caddyfile", import.meta.url).pathname;
    await using home = await TempDir.make("caddy");
    const { success, stderr } = await new Deno.Command(requireService("caddy"), {
      args: ["validate", "--adapter", "caddyfile", "--config", path],
      env: { HOME: home.path, XDG_DATA_HOME: home.path, XDG_CONFIG_HOME: home.path },
    }).output();
    assert.equal(success, true, new TextDecoder().decode(stderr));
  },
});

async function exists(path: string | URL): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
