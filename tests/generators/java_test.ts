import { join } from "node:path";
import { skipWithout } from "../support/skip.ts";
import { Generators } from "./generators.ts";

Deno.test({
  name: "the Java client of openapi-generator compiles",
  ignore: skipWithout("generators"),
  fn: async () => {
    await using generators = await Generators.start();
    await generators.generate("java", "--library", "native");
    const sources = await sourcesBelow(generators.path("java", "src", "main"));
    await Deno.writeTextFile(generators.path("sources.txt"), sources.join("\n"));
    const classPath = join(generators.tools, "jars", "*");
    await generators.run("javac", [
      "-J-XX:TieredStopAtLevel=1",
      "-J-XX:+UseSerialGC",
      "-proc:none",
      "-nowarn",
      "-d",
      generators.path("classes"),
      "-cp",
      classPath,
      `@${generators.path("sources.txt")}`,
    ]);
  },
});

async function sourcesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) found.push(...await sourcesBelow(path));
    else if (name.endsWith(".java")) found.push(path);
  }
  return found;
}
