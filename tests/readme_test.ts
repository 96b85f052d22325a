import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { cp } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { EVENT_NAMES } from "../src/model/event.ts";
import type { CloseReason } from "../src/api/close_codes.ts";
import { CLOSE_CODES } from "../src/api/close_codes.ts";
import { accepts, answersHttp, ChildServer } from "./support/child_server.ts";
import { eventually } from "./support/eventually.ts";
import { at, readmeExamples, runExamples } from "./tools/readme_examples.ts";
import { configDocument } from "./tools/config_document.ts";
import { tableOf, TABLES } from "./tools/document_tables.ts";
import { TempDir } from "./support/temp_dir.ts";
import denoJson from "../deno.json" with { type: "json" };

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const read = (path: string) => Deno.readTextFileSync(`${ROOT}${path}`);
const README = read("README.md");
const PROTOCOL = read("src/api/README.md");
const DOCUMENTS = ["README.md", ...documentsBelow(".github"), ...documentsBelow("src")]
  .concat(documentsBelow("tests"));
const SOURCES = [...filesBelow("src"), ...filesBelow("tests")];
/** Names of files in the documents that are examples. */
const EXAMPLE_FILES = new Set(["snake_case.ts", "NNNN_message_priority.ts", "live.ts"]);
const examplesOf = (text: string) =>
  new Map(readmeExamples(text).map((example) => [example.name, example]));
const EXAMPLES = new Map([...examplesOf(README), ...examplesOf(PROTOCOL)]);

function documentsBelow(folder: string): string[] {
  return filesBelow(folder).filter((path) => path.endsWith(".md"));
}

function filesBelow(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return names.filter((name) => !name.includes("node_modules")).map((name) => `${folder}/${name}`);
}

/** A developer's own configuration must not affect a newcomer's first start. */
const INHERITED = /^(PATH|HOME|USERPROFILE|SYSTEMROOT|TE?MP|TMPDIR|DENO_DIR|XDG_.*|.*_proxy)$/i;

/** A fresh clone of the project, without a developer's own files. */
async function cleanCheckout(): Promise<TempDir> {
  const folder = await TempDir.make("checkout");
  for (const path of ["src", "deno.json", "deno.lock"]) {
    await cp(`${ROOT}${path}`, folder.join(path), { recursive: true });
  }
  return folder;
}

/** Runs the command that the README says to start with. */
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

Deno.test("the README's quick start works line by line from a clean checkout", async () => {
  await using folder = await cleanCheckout();
  const { server, port } = await startAsWritten(folder);
  try {
    const example = (name: string) => at(EXAMPLES.get(name)!, `http://localhost:${port}`);
    const curl = await runExamples(["register", "open", "send", "read"].map(example));
    assert.equal(curl.code, 0, curl.stderr + curl.stdout);
    assert.equal(curl.stdout.match(/"text":"Hello Bob"/g)?.length, 2, curl.stdout);

    const own = ["register", "key", "own-user"].map((name) => {
      const { code, ...rest } = example(name);
      // The names are taken by the first quick start.
      return { ...rest, code: code.replaceAll(/"username":"|"email":"/g, "$&own-") };
    });
    const backend = await runExamples(own, { cwd: folder.path });
    assert.equal(backend.code, 0, backend.stderr + backend.stdout);
    assert.match(backend.stdout, /"accessToken":.*"text":"Hello from Ann"/s);

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

Deno.test("the README's start command restarts for a file that no module imports", async () => {
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

Deno.test("every example of README and protocol is run by the tests above", () => {
  assert.deepEqual([...EXAMPLES.keys()], [
    "start",
    "register",
    "open",
    "send",
    "read",
    "key",
    "own-user",
    "live",
  ]);
});

for (const [name, table] of Object.entries(TABLES)) {
  Deno.test(`the protocol's table of ${name} matches the code`, () => {
    assert.deepEqual(tableOf(PROTOCOL, name), table, "run deno task docs");
  });
}

Deno.test("src/config/README.md is what deno task docs writes", () => {
  const words = (text: string) => text.split(/[\s|-]+/).join(" ");
  const written = words(read("src/config/README.md"));
  assert.equal(written, words(configDocument(read(".env.example"))), "run deno task docs");
});

Deno.test("the protocol's table of close codes has each code with its reason", () => {
  const [, ...rows] = tableOf(PROTOCOL, "close codes");
  const listed = Object.fromEntries(
    rows.map(([code, reason]) => [reason.replaceAll("`", "") as CloseReason, Number(code)]),
  );
  assert.deepEqual(listed, { ...CLOSE_CODES });
});

Deno.test("the protocol's table of events has each event, and no other", () => {
  const [, ...rows] = tableOf(PROTOCOL, "events");
  const listed = rows.map(([event]) => event.replaceAll("`", ""));
  assert.deepEqual(listed.toSorted(), EVENT_NAMES.toSorted());
});

Deno.test("CONTRIBUTING names files and folders that exist", () => {
  const paths = read(".github/CONTRIBUTING.md").matchAll(/`((?:src|tests)\/[\w./]+)`/g);
  const named = [...new Set(Array.from(paths, ([, path]) => path))];
  const missing = named.filter((path) => !path.includes("NNNN") && !existsSync(`${ROOT}${path}`));
  assert.ok(named.length > 20, named.join("\n"));
  assert.deepEqual(missing, []);
});

Deno.test("CONTRIBUTING names types and functions that exist", () => {
  const text = read(".github/CONTRIBUTING.md");
  const names = [...text.matchAll(/`(#?[A-Za-z]*[a-z][A-Z]\w*)`/g)].map(([, name]) => name);
  const sources = SOURCES.filter((path) => path.endsWith(".ts")).map(read).join("\n");
  assert.ok(names.includes("messageView"));
  assert.deepEqual(names.filter((name) => !new RegExp(`${name}\\b`).test(sources)), []);
});

Deno.test("CONTRIBUTING's table of tasks has each task, and no other", () => {
  const contributing = read(".github/CONTRIBUTING.md");
  const listed = [...contributing.matchAll(/^\| `deno task ([\w:]+)`/gm)].map(([, task]) => task);
  assert.deepEqual(listed.toSorted(), Object.keys(denoJson.tasks).toSorted());
});

Deno.test("README has at most 250 lines", () => {
  assert.ok(README.split("\n").length <= 250);
});

for (const path of DOCUMENTS) {
  Deno.test(`${path} names files that exist, and its tables fit 120 columns`, () => {
    const text = read(path);
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link);
    assert.deepEqual(links.filter((link) => !existsSync(join(ROOT, dirname(path), link))), []);
    const names = [...text.matchAll(/`([\w/.@-]+\.tsx?)`/g)].map(([, name]) => name);
    const unknown = names.filter((name) =>
      !EXAMPLE_FILES.has(basename(name)) && !SOURCES.some((file) => `/${file}`.endsWith(`/${name}`))
    );
    assert.deepEqual(unknown, []);
    const wide = text.split("\n").filter((line) => line.startsWith("|") && line.length > 120);
    assert.deepEqual(wide, []);
  });
}
