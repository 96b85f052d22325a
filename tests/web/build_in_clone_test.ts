import assert from "node:assert/strict";
import { Clone } from "./clone.ts";

Deno.test("build: a new clone's page is complete after two builds at once, and each name leads to a file", async () => {
  await using clone = await Clone.make();
  // On a machine's first build, two bundlers at once would spoil Deno's cache of packages.
  assert.equal(await clone.build(), 0);
  await Deno.remove(clone.path("dist"), { recursive: true });
  assert.deepEqual(await Promise.all([clone.build(), clone.build()]), [0, 0]);
  const files = await clone.files();
  const named = [...files.values()].join("\n").matchAll(/["'`](?:\/web\/|\.\/)([\w.-]+)["'`]/g);
  const names = new Set([...named].map(([, name]) => name));
  assert.deepEqual([...names].filter((name) => !files.has(name)), []);
  const unnamed = [...files.keys()].filter((name) => !names.has(name));
  assert.deepEqual(
    unnamed.map((name) => name.replace(/-[0-9a-f]{10}\./, ".")).sort(),
    ["index.html", "service_worker.js"],
  );
});

Deno.test("build: the service worker keeps the first screen whatever its size, and no large part", async () => {
  await using clone = await Clone.make();
  assert.equal(await clone.build(), 0);
  const files = await clone.files();
  const worker = files.get("service_worker.js")!;
  const { entry, paths } = JSON.parse(worker.slice("self.shell=".length, worker.indexOf(";\n")));
  assert.match(files.get(entry)!, /x{70000}/);
  const kept = paths.map((path: string) => path.slice("/web/".length));
  assert.equal(new Set(kept).size, kept.length);
  for (const [name, code] of files) {
    const isPart = /\.(js|css|svg)$/.test(name) && name !== "service_worker.js";
    assert.equal(kept.includes(name), isPart && !/y{70000}/.test(code), name);
  }
});

Deno.test("build: a change of any source makes another page, and the former one is removed", async () => {
  await using clone = await Clone.make();
  assert.equal(await clone.build(), 0);
  const seen = new Set(await clone.builds());
  for (const name of ["src/client/two.ts", "src/core/one.ts", "src/web/page/base.css"]) {
    await clone.write(name, `/* ${name} */`);
    assert.equal(await clone.build(), 0);
    const builds = await clone.builds();
    assert.equal(builds.length, 1);
    assert.ok(!seen.has(builds[0]), name);
    seen.add(builds[0]);
  }
  const last = await clone.builds();
  assert.equal(
    await clone.build(["--allow-read"]),
    0,
    "what is built is not built again",
  );
  assert.deepEqual(await clone.builds(), last);
});

Deno.test("build: a source that cannot be bundled fails, keeps the former page and leaves no draft", async () => {
  await using clone = await Clone.make();
  assert.equal(await clone.build(), 0);
  const before = await clone.builds();
  await clone.write("src/web/page/small.ts", "const = 1;");
  assert.notEqual(await clone.build(), 0);
  assert.deepEqual(await clone.builds(), before);
});
