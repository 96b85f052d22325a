import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { RunningApp } from "../support/running_app.ts";
import { requireService } from "../support/services.ts";
import { TempDir } from "../support/temp_dir.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** Timeout in milliseconds, far above the slowest generator on a busy machine. */
const MAX_RUN_MS = 300_000;

/** Timeout in milliseconds of programs that run for seconds only. */
const QUICK_JVM = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];

/** Output of every driver: the same conversation, with another client. */
export interface Driven {
  texts: string[];
  reaction: string;
  size: number;
  bytes: string;
  /** The code of the error for a chat that does not exist. */
  refused: string;
}

/**
 * A running server, its document in a temporary folder, and the installed linters and generators.
 */
export class Generators implements AsyncDisposable {
  /** Folder into which `install.sh` installed them. */
  readonly tools: string;
  readonly document: string;

  private constructor(readonly app: RunningApp, private readonly folder: TempDir) {
    this.tools = dirname(requireService("generators"));
    this.document = folder.join("openapi.json");
  }

  static async start(): Promise<Generators> {
    const generators = new Generators(await RunningApp.start(), await TempDir.make("generators"));
    await generators.#assertPinned();
    const served = await fetch(`${generators.app.url}/api/openapi.json`);
    await Deno.writeTextFile(generators.document, await served.text());
    return generators;
  }

  /** Returns a path in the folder of this test. */
  path(...names: string[]): string {
    return this.folder.join(...names);
  }

  /** Runs a program to its end, and returns its output. Fails if the program does. */
  async run(program: string, args: string[], cwd = this.path()): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args,
      cwd,
      signal: AbortSignal.timeout(MAX_RUN_MS),
      env: { NO_COLOR: "1", REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
    }).output();
    const [printed, faults] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert(
      success,
      `${program} ${args.join(" ")}\n${printed.slice(-4000)}\n${faults.slice(-4000)}`,
    );
    return printed;
  }

  /** Runs a command of the installed npm packages. */
  runNpm(command: string, args: string[]): Promise<string> {
    return this.run(join(this.tools, "node_modules/.bin", command), args);
  }

  /** Generates a client with openapi-generator, into the folder of the generator's name. */
  generate(generator: string, ...options: string[]): Promise<string> {
    const [jar] = [...Deno.readDirSync(join(this.tools, "jars"))]
      .filter(({ name }) => name.startsWith("openapi-generator-cli")).map(({ name }) => name);
    return this.run("java", [
      ...QUICK_JVM,
      "-jar",
      join(this.tools, "jars", jar),
      "generate",
      "-g",
      generator,
      "-i",
      this.document,
      "-o",
      this.path(generator),
      "--global-property",
      "apiTests=false,modelTests=false,apiDocs=false,modelDocs=false",
      ...options,
    ]);
  }

  /** Copies a program that uses a generated client into the client's folder. */
  async copyDriver(name: string, to = this.path()): Promise<void> {
    await Deno.copyFile(join(HERE, "drivers", name), join(to, name));
  }

  config(name: string): string {
    return join(HERE, name);
  }

  async #assertPinned(): Promise<void> {
    for (const name of ["package-lock.json", "pom.xml", "requirements.txt"]) {
      const [pinned, installed] = await Promise.all(
        [this.config(name), join(this.tools, name)].map((path) => Deno.readTextFile(path)),
      );
      assert.equal(installed, pinned, `${name} has changed: run tests/generators/install.sh`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.stop();
    await this.folder[Symbol.asyncDispose]();
  }
}

/** Output of a driver whose client works. */
export function expectedOf(name: string): Driven {
  const bytes = `hello from ${name}`;
  return {
    texts: [`from ${name}`],
    reaction: "👍",
    size: bytes.length,
    bytes,
    refused: "not_found",
  };
}
