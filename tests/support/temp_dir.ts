import { join } from "node:path";

/** A temporary folder for a test, removed with its content at the end of `await using`. */
export class TempDir implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(name = "test"): Promise<TempDir> {
    return new TempDir(await Deno.makeTempDir({ prefix: `realtimechat_${name}_` }));
  }

  join(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
