import assert from "node:assert/strict";
import { join } from "node:path";
import { skipWithout } from "../support/skip.ts";
import { expectedOf, Generators } from "./generators.ts";

Deno.test({
  name: "TypeScript clients of three generators compile in strict mode, and carry a conversation",
  ignore: skipWithout("generators"),
  fn: async () => {
    await using generators = await Generators.start();
    await generators.generate("typescript-fetch");
    await Deno.rename(generators.path("typescript-fetch"), generators.path("fetch"));
    await generators.runNpm("openapi-ts", [
      "--input",
      generators.document,
      "--output",
      generators.path("hey"),
      "--client",
      "@hey-api/client-fetch",
    ]);
    await generators.runNpm("openapi-typescript", [
      generators.document,
      "--output",
      generators.path("openapi.d.ts"),
      // A request may leave out a field that has a default.
      "--default-non-nullable=false",
    ]);
    const drivers = ["fetch", "hey", "typescript"];
    const sources = [...drivers.map((name) => `${name}.ts`), "deno.d.ts", "tsconfig.json"];
    for (const name of sources) await generators.copyDriver(name);
    await Deno.copyFile(join(generators.tools, "package.json"), generators.path("package.json"));
    await Deno.symlink(join(generators.tools, "node_modules"), generators.path("node_modules"));
    await generators.runNpm("tsc", ["--project", "."]);
    for (const name of drivers) {
      const printed = await generators.run(Deno.execPath(), [
        "run",
        "--quiet",
        "--no-check",
        "--allow-net=127.0.0.1",
        "--allow-env",
        "--allow-read",
        "--unstable-sloppy-imports",
        "--node-modules-dir=manual",
        generators.path(`${name}.ts`),
        generators.app.url,
        name,
      ]);
      assert.deepEqual(JSON.parse(printed), expectedOf(name), name);
    }
    assert.deepEqual(generators.app.log, []);
  },
});
