import { skipWithout } from "../support/skip.ts";
import { Generators } from "./generators.ts";

Deno.test({
  name: "OpenAPI: redocly and spectral find neither errors nor warnings",
  ignore: skipWithout("generators"),
  fn: async () => {
    await using generators = await Generators.start();
    const { document } = generators;
    const [redocly, spectral] = ["redocly.yaml", "spectral.yaml"]
      .map((name) => generators.config(name));
    await generators.runNpm("redocly", [
      "lint",
      "--config",
      redocly,
      "--max-problems=20",
      document,
    ]);
    await generators.runNpm("spectral", [
      "lint",
      "--ruleset",
      spectral,
      "--fail-severity=warn",
      document,
    ]);
  },
});

Deno.test({
  name: "AsyncAPI: spectral finds neither errors nor warnings",
  ignore: skipWithout("generators"),
  fn: async () => {
    await using generators = await Generators.start();
    const served = await fetch(`${generators.app.url}/api/asyncapi.json`);
    const document = generators.path("asyncapi.json");
    await Deno.writeTextFile(document, await served.text());
    const ruleset = generators.config("spectral_asyncapi.yaml");
    await generators.runNpm("spectral", [
      "lint",
      "--ruleset",
      ruleset,
      "--fail-severity=warn",
      document,
    ]);
  },
});
