import { accepts, ChildServer, type ChildServerSpec } from "./child_server.ts";
import { requireService } from "./services.ts";
import { TempDir } from "./temp_dir.ts";

export const PROXIES = ["nginx", "haproxy", "caddy"] as const;
export type ProxyKind = typeof PROXIES[number];

type Change = [pattern: RegExp, replacement: string];

interface ProxyProgram {
  /** The shipped configuration, in src/deploy. */
  file: string;
  /** Removes TLS, and listens on a port of the test. */
  changes(port: number): Change[];
  args(config: string, folder: string): string[];
  /**
   * Writes the files that surround the configuration on a system. Returns the file to start with.
   */
  wrap?(config: string, folder: string): { path: string; text: string };
}

const PROGRAMS: Record<ProxyKind, ProxyProgram> = {
  nginx: {
    file: "nginx.conf",
    changes: (port) => [
      [/listen 443 ssl;/, `listen 127.0.0.1:${port};`],
      [/ *ssl_certificate [^\n]*\n/, ""],
      [/ *ssl_certificate_key [^\n]*\n/, ""],
    ],
    args: (config, folder) => ["-p", folder, "-c", `${config}.main`],
    wrap: (config, folder) => ({ path: `${config}.main`, text: nginxMain(config, folder) }),
  },
  haproxy: {
    file: "haproxy.cfg",
    changes: (port) => [[/bind :443 ssl crt [^\n]*\n/, `bind 127.0.0.1:${port}\n`]],
    args: (config) => ["-f", config],
  },
  caddy: {
    file: "Caddyfile",
    changes: (port) => [
      [/\(instances\)/, "{\n\tadmin off\n}\n\n(instances)"],
      [/chat\.example\.com \{/, `http://127.0.0.1:${port} {`],
    ],
    args: (config) => ["run", "--adapter", "caddyfile", "--config", config],
  },
};

/** The nginx.conf that surrounds a site on a system, with all its files in a folder of the test. */
function nginxMain(site: string, folder: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${folder}/${name};`);
  return [
    // The tests may run as root, whose folders no other account can write to.
    ...(Deno.uid() === 0 ? ["user root;"] : []),
    "daemon off;",
    `pid ${folder}/pid;`,
    "error_log stderr warn;",
    "events {}",
    "http {",
    ...temporary,
    "  access_log off;",
    `  include ${site};`,
    "}",
    "",
  ].join("\n");
}

/**
 * Returns the shipped configuration with other ports and without TLS. Throws if it is not as
 * expected.
 */
export function localConfig(kind: ProxyKind, port: number, instances: readonly [number, number]) {
  const { file, changes } = PROGRAMS[kind];
  const shipped = Deno.readTextFileSync(new URL(`../../src/deploy/${file}`, import.meta.url));
  const all: Change[] = [
    ...changes(port),
    [/127\.0\.0\.1:5001/g, `127.0.0.1:${instances[0]}`],
    [/127\.0\.0\.1:5002/g, `127.0.0.1:${instances[1]}`],
  ];
  return all.reduce((text, [pattern, replacement]) => {
    if (text.search(pattern) < 0) throw new Error(`${file} has no ${pattern}`);
    return text.replace(pattern, replacement);
  }, shipped);
}

/** A proxy with the configuration that src/deploy ships, in front of two instances. */
export class ProxyServer implements AsyncDisposable {
  private constructor(
    private readonly server: ChildServer,
    private readonly folder: TempDir,
    /** URL without a slash at its end. */
    readonly url: string,
  ) {}

  static async start(
    kind: ProxyKind,
    instances: readonly [number, number],
  ): Promise<ProxyServer> {
    const folder = await TempDir.make(kind);
    try {
      const { server, port } = await ChildServer.startOnFreePort((port) =>
        specOf(kind, folder.path, port, instances)
      );
      return new ProxyServer(server, folder, `http://127.0.0.1:${port}`);
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

function specOf(
  kind: ProxyKind,
  folder: string,
  port: number,
  instances: readonly [number, number],
): ChildServerSpec {
  const { file, args, wrap } = PROGRAMS[kind];
  const config = `${folder}/${file}`;
  Deno.writeTextFileSync(config, localConfig(kind, port, instances));
  const main = wrap?.(config, folder);
  if (main) Deno.writeTextFileSync(main.path, main.text);
  return {
    program: requireService(kind),
    args: args(config, folder),
    // Caddy keeps files in the home folder.
    env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    ready: () => accepts(port),
  };
}
