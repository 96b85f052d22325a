/** Tests the packed library, installed from its tarball, in the tools of its users. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { TestBrowser } from "../support/browser.ts";
import { backendOf } from "../support/api_keys.ts";
import { RunningApp } from "../support/running_app.ts";
import { skipWithout } from "../support/skip.ts";
import { InstalledPackage } from "./installed_package.ts";
import { runBot, runPlainPage, runReactApp } from "./examples.ts";
import { run, tryRun } from "./processes.ts";
import { runNextApp } from "./next_app.ts";
import { checkReadme } from "./readme_blocks.ts";
import { servedFolder } from "./served_folder.ts";
import { checkShaken, checkSizes } from "./sizes.ts";
import { NODE_VERSIONS, nodeOf } from "./tools.ts";

const ignore = skipWithout("npm", "browser");
const READ = { texts: ["plain", "sealed"], digits: 60 };
let installed: InstalledPackage;
let app: RunningApp;
/** Project with the programs. */
let programs: string;

// One server for all tests runs in this process, with its timers.
Deno.test.sanitizer({ ops: false, resources: false });

if (!ignore) {
  Deno.test.beforeAll(async () => {
    [installed, app] = await Promise.all([InstalledPackage.make(), RunningApp.start()]);
    programs = await installed.project("tests/client_package/projects/programs");
  });
  Deno.test.afterAll(async () => {
    await app[Symbol.asyncDispose]();
    await installed[Symbol.asyncDispose]();
  });
}

for (const version of NODE_VERSIONS.filter((each) => each >= 22)) {
  Deno.test({
    name: `the package connects, sends and encrypts in plain Node ${version}`,
    ignore,
    fn: async () => {
      const output = await run(nodeOf(installed.tools, version), ["node.js", app.url], {
        cwd: programs,
      });
      assert.deepEqual(JSON.parse(output), READ);
    },
  });
}

Deno.test({
  name: "the package connects, sends and encrypts in Node 20 with the WebSocket of ws",
  ignore,
  fn: async () => {
    const node = nodeOf(installed.tools, 20);
    const output = await run(node, ["node.js", app.url, "ws"], { cwd: programs });
    assert.deepEqual(JSON.parse(output), READ);
  },
});

Deno.test({
  name: "the constructor names the missing option in Node 20 without ws",
  ignore,
  fn: async () => {
    const node = nodeOf(installed.tools, 20);
    const { code, output } = await tryRun(node, ["node.js", app.url], { cwd: programs });
    assert.equal(code, 1);
    assert.match(
      output,
      /ChatError: Cannot make a ChatClient: the option WebSocket has to be a class/,
    );
    assert.match(output, /before Node 22, that of the package ws/);
  },
});

Deno.test({
  name: "the package connects, sends and encrypts in Deno, from node_modules",
  ignore,
  fn: async () => {
    const args = ["run", "-A", "--quiet", "--node-modules-dir=manual", "node.js", app.url];
    const output = await run(Deno.execPath(), args, { cwd: programs });
    assert.deepEqual(JSON.parse(output), READ);
  },
});

Deno.test({
  name:
    "esbuild and webpack bundle the package without a warning, and Chromium runs what they make",
  ignore,
  fn: async () => {
    const esbuild = ["page.js", "--bundle", "--minify", "--splitting", "--format=esm"];
    const log = await run(installed.tool(".bin/esbuild"), [...esbuild, "--outdir=esbuild"], {
      cwd: programs,
    });
    assert.doesNotMatch(log, /warning/i);
    const said = await run(nodeOf(installed.tools, 24), ["webpack.js"], { cwd: programs });
    assert.deepEqual(JSON.parse(said), { errors: [], warnings: [] });
    await using server = servedFolder(programs);
    await using browser = await TestBrowser.launch();
    for (const script of ["esbuild/page.js", "webpack/main.js"]) {
      const page = await browser.page();
      const query = new URLSearchParams({ server: app.url, script });
      await page.goto(`${server.url}?${query}`);
      await page.waitForFunction("window.result");
      assert.deepEqual(await page.evaluate("window.result"), READ, script);
    }
    assert.deepEqual(browser.faults, []);
  },
});

Deno.test({
  name: "the package signs in, resumes, sends and receives with what React Native has",
  ignore,
  fn: async () => {
    const node = nodeOf(installed.tools, 20);
    const output = await run(node, ["react_native.js", app.url], { cwd: programs });
    assert.deepEqual(JSON.parse(output), {
      texts: ["Hello, Änn"],
      resumed: "Änn",
      refused: ["misuse", "misuse"],
      reason:
        "Cannot enable encryption: crypto.subtle is missing. Pages have it only over https and at localhost",
    });
  },
});

for (
  const [config, what] of [
    ["nodenext", "in a Node project with neither the DOM library nor @types/node"],
    ["bundler", "in a project for a bundler with neither the DOM library nor @types/node"],
    ["node", "in a Node project with @types/node, where the WebSocket of ws fits"],
  ]
) {
  Deno.test({
    name: `tsc accepts the package's types in strict mode ${what}`,
    ignore,
    fn: async () => {
      const cwd = await installed.project("tests/client_package/projects/node_types");
      await run(installed.tool(".bin/tsc"), ["-p", `tsconfig.${config}.json`], { cwd });
    },
  });
}

for (
  const [name, example] of [
    [
      "the React app, built by Vite, signs in and shows inbox, chat, typing and pictures",
      runReactApp,
    ],
    ["the plain page signs in, and shows the inbox and a chat", runPlainPage],
    ["the bot in Node answers what came while it was down", runBot],
  ] as const
) {
  Deno.test({ name: `example: ${name}`, ignore, fn: () => example(installed, app.url) });
}

Deno.test({
  name: "example: the Next.js app renders on its server, hydrates and chats with its own tokens",
  ignore,
  fn: () => runNextApp(installed),
});

Deno.test({
  name: "the guide's TypeScript compiles with the installed package",
  ignore,
  fn: () => checkReadme(installed),
});

Deno.test({
  name: "the core, the hooks and the encryption stay within their sizes",
  ignore,
  fn: () => checkSizes(installed),
});

Deno.test({
  name: "a bundle for browsers has nothing of the part for backends",
  ignore,
  fn: () => checkShaken(installed),
});

Deno.test({
  name: "the part for backends makes people, sends and verifies in Node 20 and in Deno",
  ignore,
  fn: async () => {
    const { token } = await backendOf(app);
    const args = ["backend.js", app.url, token!];
    const deno = ["run", "-A", "--quiet", "--node-modules-dir=manual", ...args];
    const cwd = programs;
    const outputs = [
      await run(nodeOf(installed.tools, 20), args, { cwd }),
      await run(Deno.execPath(), deno, { cwd }),
    ];
    for (const output of outputs) {
      assert.deepEqual(JSON.parse(output), { text: "Hello", types: ["webhook.test"] });
    }
  },
});

Deno.test({
  name: "the package has no bare import and no path of the machine that built it",
  ignore,
  fn: async () => {
    for await (const [path, text] of filesOf(installed.library)) {
      // Examples in comments import the package by its name.
      const code = text.replace(/\/\*[^]*?\*\//g, "");
      const imported = [...code.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name]) =>
        name
      );
      const isReact = path.includes("/react/");
      const bare = imported.filter((name) => /\.js$/.test(path) && !name.startsWith("."));
      assert.deepEqual(bare.filter((name) => !isReact || !/^react(\/|$)/.test(name)), [], path);
      assert.doesNotMatch(text, /file:\/\/|\.cache\/deno|registry\.npmjs/, path);
    }
  },
});

async function* filesOf(folder: string): AsyncGenerator<[path: string, text: string]> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* filesOf(path);
    else if (name !== "README.md") yield [path, await Deno.readTextFile(path)];
  }
}
