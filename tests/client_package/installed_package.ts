import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildClient } from "../tools/client_package/build.ts";
import { PACKAGE_NAME } from "../tools/client_package/manifest.ts";
import { run } from "./processes.ts";
import { installedTools } from "./tools.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A folder with projects that have the packed client library installed, and all tools. */
export class InstalledPackage implements AsyncDisposable {
  private constructor(readonly tools: string, readonly folder: string) {}

  /** Builds, packs and installs the library as a user gets it. */
  static async make(): Promise<InstalledPackage> {
    const tools = await installedTools();
    // Inside the tools' folder, so that projects find the tools in its node_modules.
    const installed = new InstalledPackage(
      tools,
      await Deno.makeTempDir({ dir: tools, prefix: "run-" }),
    );
    const built = join(installed.folder, "built");
    await buildClient(built);
    const packed = await run("npm", ["pack", "--silent", built], { cwd: installed.folder });
    await Deno.writeTextFile(join(installed.folder, "package.json"), '{ "private": true }');
    const args = ["install", "--offline", "--no-audit", "--no-fund", `./${packed.trim()}`];
    await run("npm", args, { cwd: installed.folder });
    await Deno.remove(built, { recursive: true });
    return installed;
  }

  /** Installed files of the library. */
  get library(): string {
    return join(this.folder, "node_modules", PACKAGE_NAME);
  }

  /** Copies a folder of this repository to a project, and returns its path. */
  async project(source: string): Promise<string> {
    const folder = join(this.folder, source.replaceAll("/", "_"));
    await cp(join(ROOT, source), folder, { recursive: true });
    return folder;
  }

  /** Returns the path of a tool's program, given relative to node_modules. */
  tool(path: string): string {
    return join(this.tools, "node_modules", path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}
