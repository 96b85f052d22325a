import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { TempDir } from "../support/temp_dir.ts";

const ROOT = new URL("../../", import.meta.url);

/** Longer than what a service worker keeps before it is used, in bytes. */
const LARGE = 70_000;

/** A page of a few lines, with a part on first use and a large one, in place of ours. */
const PAGE: Record<string, string> = {
  "main.tsx": `
    document.title = "${"x".repeat(LARGE)}";
    document.querySelector("#small")!.addEventListener("click", () => import("./small.ts"));
    document.querySelector("#large")!.addEventListener("click", () => import("./large.ts"));`,
  "small.ts": `document.title = ["/web/manifest.webmanifest", "/web/lazy.css"].join();`,
  "large.ts": `document.title = "${"y".repeat(LARGE)}";`,
  "worker/service_worker.ts": `console.log("worker of", "/web/badge_96.png");`,
  "base.css": "a { top: 0 }",
  "lazy.lazy.css": "b { top: 0 }",
};

/** Files that serve the page. */
const SERVER = [
  "src/core/entity_tag.ts",
  "src/web/accepted_coding.ts",
  "src/web/page_files.ts",
  "src/web/routes.ts",
];

/** A new clone whose page is the one above, and its builder. */
export class Clone implements AsyncDisposable {
  private constructor(private readonly folder: TempDir) {}

  static async make(): Promise<Clone> {
    const clone = new Clone(await TempDir.make("clone"));
    const kept = ["icon.svg", "index.html", "manifest.webmanifest"].map((name) => `page/${name}`);
    const icons = ["icon_192", "icon_512", "maskable_512", "badge_96"]
      .map((name) => `page/icons/${name}.png`);
    const builder = await Array.fromAsync(Deno.readDir(new URL("src/web/build/", ROOT)));
    const files = [...kept, ...icons, ...builder.map(({ name }) => `build/${name}`)]
      .map((name) => `src/web/${name}`);
    for (const name of ["deno.json", "deno.lock", ...files, ...SERVER]) await clone.#copy(name);
    await clone.write("src/client/one.ts", "");
    await clone.write("src/core/one.ts", "");
    await clone.write("src/model/one.ts", "");
    for (const [name, text] of Object.entries(PAGE)) {
      await clone.write(`src/web/page/${name}`, text);
    }
    return clone;
  }

  path(...parts: string[]): string {
    return this.folder.join(...parts);
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    const path = this.path(name);
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(path, bytes);
  }

  /** Builds the page, unless it is built already, and returns the exit code. */
  async build(permissions = ["-A"]): Promise<number> {
    return (await this.run("src/web/build/main.ts", permissions)).code;
  }

  /** Runs one of its programs. */
  async run(program: string, permissions: string[]): Promise<{ code: number; out: string }> {
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-lock", "--no-prompt", ...permissions, this.path(program)],
      cwd: this.folder.path,
      stderr: "null",
    }).output();
    return { code, out: new TextDecoder().decode(stdout).trim() };
  }

  /** Names of the folders with builds, finished or not. */
  async builds(): Promise<string[]> {
    const names = await Array.fromAsync(Deno.readDir(this.path("dist/page")));
    return names.map(({ name }) => name);
  }

  /** Files of the only build, by name. */
  async files(): Promise<Map<string, string>> {
    const [build, ...others] = await this.builds();
    assert.deepEqual(others, []);
    const files = new Map<string, string>();
    for await (const { name } of Deno.readDir(this.path("dist/page", build))) {
      files.set(name, await Deno.readTextFile(this.path("dist/page", build, name)));
    }
    return files;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }

  async #copy(name: string): Promise<void> {
    await this.write(name, await Deno.readFile(fileURLToPath(new URL(name, ROOT))));
  }
}
