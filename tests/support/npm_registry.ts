import { TempDir } from "./temp_dir.ts";

/** An npm registry on this machine with one package, `tiny` 1.0.0, whose default export is 1. */
export class NpmRegistry implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(private readonly tarball: Uint8Array<ArrayBuffer>, integrity: string) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => this.#answer(new URL(request.url).pathname, integrity),
    );
  }

  static async start(): Promise<NpmRegistry> {
    await using folder = await TempDir.make("tiny");
    await Deno.mkdir(folder.join("package"));
    const manifest = { name: "tiny", version: "1.0.0", type: "module", main: "index.js" };
    await Deno.writeTextFile(folder.join("package/package.json"), JSON.stringify(manifest));
    await Deno.writeTextFile(folder.join("package/index.js"), "export default 1;\n");
    const { stdout } = await new Deno.Command("tar", { args: ["-czC", folder.path, "package"] })
      .output();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-512", stdout));
    return new NpmRegistry(stdout, `sha512-${digest.toBase64()}`);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  #answer(path: string, integrity: string): Response {
    if (path.endsWith(".tgz")) return new Response(this.tarball);
    if (path !== "/tiny") return new Response(null, { status: 404 });
    const dist = { tarball: `${this.url}tiny.tgz`, integrity };
    const version = { name: "tiny", version: "1.0.0", dist };
    return Response.json({
      name: "tiny",
      "dist-tags": { latest: "1.0.0" },
      versions: { "1.0.0": version },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
