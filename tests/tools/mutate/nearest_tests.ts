import { basename, dirname, join, relative } from "node:path";
import { importsOf } from "../../checks/import_scanner.ts";

/** Module by which tests start servers as processes. */
const STARTS_PROCESSES = "tests/support/child_server.ts";

/** Likeness of a test that starts processes, beside one that does not: it takes far longer. */
const SLOW_WEIGHT = 0.5;

/**
 * Tests that may run a source: those from which imports lead to it, and those that start a program
 * which loads it. First comes the one with its name, then those of the source's folder, and of
 * these the ones that speak of the same, rather without a separate process: a test that starts a
 * server or a client reaches everything by imports, so these say little about what it tests.
 */
export class NearestTests {
  /** Importers of each file, by path relative to the root. */
  readonly #importers = new Map<string, Set<string>>();

  /** Words of each file, and the number of tests that have a word. */
  readonly #words = new Map<string, Set<string>>();
  readonly #testsWith = new Map<string, number>();

  /** Files that lead to processes: tests among them are slow. */
  #starting: Set<string> | undefined;

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

  /** Returns all of them. */
  of(file: string): string[] {
    this.#starting ??= this.#loading(STARTS_PROCESSES);
    return [...this.#loading(file)].filter((path) => path.endsWith("_test.ts"))
      .map((test) => ({ test, rank: this.#rank(file, test) }))
      .sort((a, b) => compare(a.rank, b.rank))
      .map(({ test }) => test);
  }

  /** The file and every file that imports it, directly or not; the nearest first. */
  #loading(file: string): Set<string> {
    const found = new Set([file]);
    for (const each of found) {
      for (const importer of this.#importers.get(each) ?? []) found.add(importer);
    }
    return found;
  }

  /** Small numbers for a test that is likely to be about the file, the most telling one first. */
  #rank(file: string, test: string): number[] {
    const isNamed = stem(test) === `${stem(file)}_test`;
    const [folders, testFolders] = [file, test].map((path) => dirname(path).split("/").slice(1));
    const apart = folders.findIndex((folder, i) => folder !== testFolders[i]);
    const shared = apart === -1 ? folders.length : apart;
    const weight = this.#starting?.has(test) ? SLOW_WEIGHT : 1;
    return [isNamed ? 0 : 1, -shared, -weight * this.#likeness(file, test)];
  }

  /** Sum over the words of both, of which those in few tests count most; less for a long test. */
  #likeness(file: string, test: string): number {
    const words = this.#words.get(test)!;
    const common = [...words.intersection(this.#words.get(file)!)];
    const sum = common.reduce((total, word) => total + 1 / this.#testsWith.get(word)!, 0);
    return sum / Math.sqrt(words.size);
  }

  #add(path: string, source: string): void {
    const words = wordsOf(source);
    this.#words.set(path, words);
    if (path.endsWith("_test.ts")) {
      for (const word of words) this.#testsWith.set(word, (this.#testsWith.get(word) ?? 0) + 1);
    }
    for (const { specifier, typeOnly } of importsOf(source)) {
      if (!typeOnly && specifier.startsWith(".")) this.#link(path, join(path, "..", specifier));
    }
    // Workers are started by their path beside the module.
    for (const { 1: worker } of source.matchAll(/new URL\("(\.[\w./]+\.ts)", import/g)) {
      this.#link(path, join(path, "..", worker));
    }
    if (!path.startsWith("tests/")) return;
    // Programs are started by their path, as by `deno run src/main.ts`.
    for (const { 1: program } of source.matchAll(/["'/](src\/[\w/]+\.ts)["'`]/g)) {
      this.#link(path, program);
    }
  }

  #link(importer: string, file: string): void {
    const importers = this.#importers.get(file) ?? new Set();
    this.#importers.set(file, importers.add(importer));
  }
}

function wordsOf(source: string): Set<string> {
  return new Set(source.match(/[A-Za-z]{4,}/g) ?? []);
}

function stem(path: string): string {
  return basename(path).replace(/\.tsx?$/, "");
}

function compare(a: number[], b: number[]): number {
  const at = a.findIndex((number, i) => number !== b[i]);
  return at === -1 ? 0 : a[at] - b[at];
}

/** Every TypeScript file below `path`, or `path` itself if it is one. */
export async function* sourcesBelow(path: string): AsyncGenerator<string> {
  const { isFile } = await Deno.stat(path);
  if (isFile) return void (yield path);
  const entries = await Array.fromAsync(Deno.readDir(path));
  for (const entry of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const each = join(path, entry.name);
    if (entry.isDirectory) yield* sourcesBelow(each);
    else if (/\.tsx?$/.test(entry.name)) yield each;
  }
}
