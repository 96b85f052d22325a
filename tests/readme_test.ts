import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { cp } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { EVENT_NAMES } from "../src/model/event.ts";
import type { CloseReason } from "../src/api/close_codes.ts";
import { CLOSE_CODES } from "../src/api/close_codes.ts";
import { accepts, answersHttp, ChildServer } from "./support/child_server.ts";
import { eventually } from "./support/eventually.ts";
import { at, readmeExamples, runExamples } from "./tools/readme_examples.ts";
import { tableOf, TABLES } from "./tools/readme_tables.ts";
import { TempDir } from "./support/temp_dir.ts";
import denoJson from "../deno.json" with { type: "json" };

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const README = Deno.readTextFileSync(`${ROOT}README.md`);
const EXAMPLES = new Map(readmeExamples(README).map((example) => [example.name, example]));

/** A developer's own configuration is not a newcomer's. */
const INHERITED = /^(PATH|HOME|USERPROFILE|SYSTEMROOT|TE?MP|TMPDIR|DENO_DIR|XDG_.*|.*_proxy)$/i;

/** What someone has who has just cloned the project, and nothing of a developer's own. */
async function cleanCheckout(): Promise<TempDir> {
  const folder = await TempDir.make("checkout");
  for (const path of ["src", "deno.json", "deno.lock"]) {
    await cp(`${ROOT}${path}`, folder.join(path), { recursive: true });
  }
  return folder;
}

/** Runs what the README says to start with. */
async function startAsWritten(folder: TempDir) {
  return await ChildServer.startOnFreePort((port) => ({
    program: "bash",
    args: ["-c", `exec ${EXAMPLES.get("start")!.code}`],
    env: { PORT: String(port), NO_COLOR: "1" },
    inherit: (name) => INHERITED.test(name),
    cwd: folder.path,
    ready: () => answersHttp(`http://127.0.0.1:${port}/healthz`),
    readyWithin: 90_000,
  }));
}

Deno.test("README: the quick start works line by line from a clean checkout", async () => {
  await using folder = await cleanCheckout();
  const { server, port } = await startAsWritten(folder);
  try {
    const example = (name: string) => at(EXAMPLES.get(name)!, `http://localhost:${port}`);
    const curl = await runExamples(["register", "open", "send", "read"].map(example));
    assert.equal(curl.code, 0, curl.stderr + curl.stdout);
    assert.equal(curl.stdout.match(/"text":"Hello Bob"/g)?.length, 2, curl.stdout);

    const live = await runExamples([example("live")]);
    assert.equal(live.code, 0, live.stderr);
    assert.match(live.stdout, /^Bob hears: Are you there\? \(revision \d+ of the chat\)\n$/);
    assert.ok(existsSync(folder.join("data", "chat.sqlite3")), "data is kept where it says");
  } finally {
    await server.stop();
  }
  assert.notEqual((await server.exited).signal, "SIGKILL", "it ends when it is asked to");
  await eventually("nothing listens any more", () => accepts(port).then(() => false, () => true));
});

Deno.test("README: what it says to start with starts again for a file that no module imports", async () => {
  await using folder = await cleanCheckout();
  const { server, port } = await startAsWritten(folder);
  try {
    const base = `http://127.0.0.1:${port}`;
    const style = async () => {
      const html = await (await fetch(`${base}/`)).text();
      const [path] = html.match(/\/web\/style-\w+\.css/) ?? [];
      return path ? await (await fetch(base + path)).text() : null;
    };
    await eventually("the page is built", style);
    const file = folder.join("src", "web", "page", "base.css");
    await Deno.writeTextFile(file, `${await Deno.readTextFile(file)}.changed{color:red}`);
    await eventually("the page is served as it is now", async () => {
      return (await style())?.includes(".changed{color:red}");
    });
  } finally {
    await server.stop();
  }
});

Deno.test("README: every example is run by the tests above", () => {
  assert.deepEqual([...EXAMPLES.keys()], ["start", "register", "open", "send", "read", "live"]);
});

for (const [name, table] of Object.entries(TABLES)) {
  Deno.test(`README: the table of ${name} says what the code says`, () => {
    assert.deepEqual(tableOf(README, name), table);
  });
}

Deno.test("README: the table of close codes has each code with its reason", () => {
  const [, ...rows] = tableOf(README, "close codes");
  const said = Object.fromEntries(
    rows.map(([code, reason]) => [reason.replaceAll("`", "") as CloseReason, Number(code)]),
  );
  assert.deepEqual(said, { ...CLOSE_CODES });
});

Deno.test("README: the table of events has each event, and no other", () => {
  const [, ...rows] = tableOf(README, "events");
  const said = rows.map(([event]) => event.replaceAll("`", ""));
  assert.deepEqual(said.toSorted(), EVENT_NAMES.toSorted());
});

Deno.test("README: the table of tasks has each task, and no other", () => {
  const said = [...README.matchAll(/^\| `deno task ([\w:]+)`/gm)].map(([, task]) => task);
  assert.deepEqual(said.toSorted(), Object.keys(denoJson.tasks).toSorted());
});

Deno.test("README: what it links to in the project is there", () => {
  const links = [...README.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path);
  assert.ok(links.length > 0);
  assert.deepEqual(links.filter((path) => !existsSync(`${ROOT}${path}`)), []);
});
