import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import denoJson from "../../deno.json" with { type: "json" };

const OLDEST = denoJson.minimumDenoVersion;

/** A program that some tests need and that a newcomer's machine may lack. */
export interface Service {
  /** Purpose of the program, for a reader of a skipped test's reason. */
  purpose: string;
  /** Names of the program, the preferred one first. */
  programs: string[];
  /** Environment variable that may contain its path. */
  variable: string;
  install: string;
  /** Further places of its program, relative to the home folder. */
  homePath?: string;
}

export const SERVICES = {
  mongodb: {
    purpose: "a MongoDB-protocol server",
    programs: ["secantusd-rs"],
    variable: "TEST_SECANTUSD",
    install: "cargo install secantus-mdb --version 0.5.3-beta.193 --ignore-rust-version",
  },
  denokv: {
    purpose: "a Deno KV server",
    programs: ["denokv"],
    variable: "TEST_DENOKV",
    install: "cargo install denokv --locked",
  },
  s3: {
    purpose: "an S3-protocol server",
    programs: ["versitygw"],
    variable: "TEST_VERSITYGW",
    install: "go install github.com/versity/versitygw/cmd/versitygw@latest",
  },
  browser: {
    purpose: "a browser",
    programs: ["chromium", "chromium-browser", "google-chrome"],
    variable: "TEST_CHROMIUM",
    install: "apt-get install chromium",
  },
  firefox: {
    purpose: "Firefox",
    programs: ["firefox-esr", "firefox"],
    variable: "TEST_FIREFOX",
    install: "apt-get install firefox-esr",
  },
  nginx: {
    purpose: "nginx",
    programs: ["nginx"],
    variable: "TEST_NGINX",
    install: "apt-get install nginx-light",
  },
  haproxy: {
    purpose: "haproxy",
    programs: ["haproxy"],
    variable: "TEST_HAPROXY",
    install: "apt-get install haproxy",
  },
  caddy: {
    purpose: "Caddy",
    programs: ["caddy"],
    variable: "TEST_CADDY",
    install: "apt-get install caddy",
  },
  npm: {
    purpose: "npm, with Node",
    programs: ["npm"],
    variable: "TEST_NPM",
    install: "apt-get install npm",
  },
  go: {
    purpose: "Go",
    programs: ["go"],
    variable: "TEST_GO",
    install: "apt-get install golang",
  },
  compiler: {
    purpose: "a C compiler",
    programs: ["cc"],
    variable: "TEST_CC",
    install: "apt-get install build-essential",
  },
  generators: {
    purpose: "the linters and generators of clients",
    programs: ["realtimechat-generators"],
    variable: "TEST_GENERATORS",
    install: "tests/generators/install.sh",
    homePath: ".cache/realtimechat-generators/ready",
  },
  oldestDeno: {
    purpose: "the oldest Deno that the server runs on",
    programs: [`deno-${OLDEST}`],
    variable: "TEST_OLDEST_DENO",
    install: `npm install --prefix ~/.cache/deno-${OLDEST} deno@${OLDEST}`,
    homePath: `.cache/deno-${OLDEST}/node_modules/.bin/deno`,
  },
} satisfies Record<string, Service>;

export type ServiceName = keyof typeof SERVICES;

/**
 * Returns the path of the service's program, or null. A path from its variable is used unchecked.
 */
export function findService(name: ServiceName): string | null {
  const { programs, variable, homePath }: Service = SERVICES[name];
  const given = Deno.env.get(variable);
  if (given) return given;
  const candidates = programs.flatMap((program) => folders().map((dir) => join(dir, program)));
  if (homePath !== undefined) candidates.push(join(home() ?? "/", homePath));
  return candidates.find((path) => existsSync(path)) ?? null;
}

/**
 * Finds it like `findService`, for a test that runs only where the service is installed or required
 * (in CI).
 */
export function requireService(name: ServiceName): string {
  const path = findService(name);
  if (path === null) throw new Error(missingReason(name));
  return path;
}

export function missingReason(name: ServiceName): string {
  const { purpose, programs, variable, install }: Service = SERVICES[name];
  return `${purpose} (${
    programs[0]
  }) is not installed: "${install}", or set ${variable} to its path`;
}

function folders(): string[] {
  const base = home();
  const usual = base ? [join(base, ".cargo", "bin"), join(base, "go", "bin")] : [];
  const onPath = (Deno.env.get("PATH") ?? "").split(delimiter).filter((dir) => dir !== "");
  return [...onPath, ...usual, "/usr/bin", "/usr/sbin"];
}

function home(): string | undefined {
  return Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE");
}
