import { accepts, ChildServer } from "./child_server.ts";
import { requireService } from "./services.ts";
import { TempDir } from "./temp_dir.ts";

const SITE = new URL("../../src/deploy/nginx.conf", import.meta.url);

/** What a system's nginx.conf has around a site, with all its files in a folder of the test's own. */
function mainConfig(folder: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${folder}/${name};`);
  return [
    // The tests may run as root, whose folders nobody else can write to.
    ...(Deno.uid() === 0 ? ["user root;"] : []),
    "daemon off;",
    `pid ${folder}/pid;`,
    "error_log stderr warn;",
    "events {}",
    "http {",
    ...temporary,
    "  access_log off;",
    `  include ${folder}/site.conf;`,
    "}",
    "",
  ].join("\n");
}

/** The site as it is shipped, but for its ports and TLS. Throws if it is not as expected. */
export function siteFor(site: string, port: number, instances: readonly [number, number]): string {
  const changes: [RegExp, string][] = [
    [/listen 443 ssl;/, `listen 127.0.0.1:${port};`],
    [/ *ssl_certificate [^\n]*\n/, ""],
    [/ *ssl_certificate_key [^\n]*\n/, ""],
    [/127\.0\.0\.1:5001/g, `127.0.0.1:${instances[0]}`],
    [/127\.0\.0\.1:5002/g, `127.0.0.1:${instances[1]}`],
  ];
  return changes.reduce((text, [pattern, replacement]) => {
    if (text.search(pattern) < 0) throw new Error(`The site has no ${pattern}`);
    return text.replace(pattern, replacement);
  }, site);
}

/** nginx with the configuration that src/deploy ships, in front of two instances. */
export class NginxServer implements AsyncDisposable {
  private constructor(
    private readonly server: ChildServer,
    private readonly folder: TempDir,
    /** Without a slash at its end. */
    readonly url: string,
  ) {}

  static async start(instances: readonly [number, number]): Promise<NginxServer> {
    const program = requireService("nginx");
    const folder = await TempDir.make("nginx");
    const site = await Deno.readTextFile(SITE);
    try {
      await Deno.writeTextFile(folder.join("nginx.conf"), mainConfig(folder.path));
      const { server, port } = await ChildServer.startOnFreePort((port) => {
        Deno.writeTextFileSync(folder.join("site.conf"), siteFor(site, port, instances));
        return {
          program,
          args: ["-p", folder.path, "-c", folder.join("nginx.conf")],
          ready: () => accepts(port),
        };
      });
      return new NginxServer(server, folder, `http://127.0.0.1:${port}`);
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  get webSocketUrl(): string {
    return `${this.url.replace("http", "ws")}/ws`;
  }

  get log(): string {
    return this.server.log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
    await this.folder[Symbol.asyncDispose]();
  }
}
