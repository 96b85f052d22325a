import { basename, join, relative } from "node:path";
import { importsOf } from "../../checks/import_scanner.ts";

/**
 * Tests that load each source. First comes the one with its name, then the nearest: those from which
 * the fewest imports lead to it.
 */
export class NearestTests {
  /** Importers of each file, by path relative to the root. */
  readonly #importers = new Map<string, Set<string>>();

  private constructor() {}

  static async read(root: string): Promise<NearestTests> {
    const nearest = new NearestTests();
    for (const folder of ["src", "tests"]) {
      for await (const path of sourcesBelow(join(root, folder))) {
        nearest.#add(relative(root, path), await Deno.readTextFile(path));
      }
    }
    return nearest;
  }

  of(file: string, count: number): string[] {
    const seen = new Set([file]);
    const tests: string[] = [];
    for (let ring = [file]; ring.length > 0;) {
      const next = ring.flatMap((each) => [...this.#importers.get(each) ?? []]);
      ring = next.filter((each) => !seen.has(each) && seen.add(each)).sort();
      tests.push(...ring.filter((each) => each.endsWith("_test.ts")));
    }
    const name = basename(file).replace(/\.tsx?$/, "_test.ts");
    const [named, others] = [true, false].map((isNamed) =>
      tests.filter((test) => (basename(test) === name) === isNamed)
    );
    return [...named, ...others].slice(0, count);
  }

  #add(path: string, source: string): void {
    for (const { specifier, typeOnly } of importsOf(source)) {
      if (typeOnly || !specifier.startsWith(".")) continue;
      const target = join(path, "..", specifier);
      const importers = this.#importers.get(target) ?? new Set();
      this.#importers.set(target, importers.add(path));
    }
  }
}

/** Every TypeScript file below `path`, or `path` itself if it is one. */
export async function* sourcesBelow(path: string): AsyncGenerator<string> {
  const { isFile } = await Deno.stat(path);
  if (isFile) return void (yield path);
  for await (const entry of Deno.readDir(path)) {
    const each = join(path, entry.name);
    if (entry.isDirectory) yield* sourcesBelow(each);
    else if (/\.tsx?$/.test(entry.name)) yield each;
  }
}
