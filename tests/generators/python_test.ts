import assert from "node:assert/strict";
import { join } from "node:path";
import { skipWithout } from "../support/skip.ts";
import { expectedOf, Generators } from "./generators.ts";

/** Modules of the package are imported only when they are used. */
const IMPORT_ALL = `
import importlib, pkgutil, openapi_client
for module in pkgutil.walk_packages(openapi_client.__path__, "openapi_client."):
    importlib.import_module(module.name)
`;

Deno.test({
  name: "the Python client of openapi-generator compiles, imports, and carries a conversation",
  ignore: skipWithout("generators"),
  fn: async () => {
    await using generators = await Generators.start();
    await generators.generate("python");
    const folder = generators.path("python");
    const python = join(generators.tools, "python/bin/python");
    await generators.run(python, ["-m", "compileall", "-q", "openapi_client"], folder);
    await generators.run(python, ["-c", IMPORT_ALL], folder);
    await generators.copyDriver("drive.py", folder);
    const printed = await generators.run(
      python,
      ["drive.py", generators.app.url, "python"],
      folder,
    );
    assert.deepEqual(JSON.parse(printed), expectedOf("python"));
    assert.deepEqual(generators.app.log, []);
  },
});
