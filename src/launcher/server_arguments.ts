import { resolve } from "node:path";

export type LaunchMode = "dev" | "start" | "parallel" | "admin" | "doctor";

export interface LaunchPlace {
  /** The folder that the program's source is in. */
  root: string;
  /** Where Deno keeps packages: some of them read files of their own. */
  npmCache: string;
}

/** The part of the configuration that decides on flags; the rest is the server's own affair. */
export type LaunchEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * What lies beside the source and is none of the server's business. The folder itself is readable, since
 * wasm-vips looks in the working directory for its codec by a handful of names.
 */
const NOT_READ = [".env", ".git"];

/** Address of the metadata service of clouds, which no feature needs and a forged request would ask. */
const METADATA_SERVICE = "169.254.169.254";

/** The arguments of `deno` that run the server, or an operator's command, with the permissions it needs. */
export function serverArguments(
  mode: LaunchMode,
  environment: LaunchEnvironment,
  place: LaunchPlace,
): string[] {
  const flags = ["--quiet", "--env-file", ...lock(environment), ...permissions(environment, place)];
  if (mode === "start") return ["run", ...flags, "src/main.ts"];
  if (mode === "admin") return ["run", ...flags, "src/admin.ts"];
  if (mode === "doctor") return ["run", ...flags, "src/doctor.ts"];
  if (mode === "dev") return ["run", "--watch=src", ...flags, "src/main.ts"];
  const port = given(environment, "PORT") ?? "5000";
  const isProduction = environment.NODE_ENV === "production";
  const host = given(environment, "HOST") ?? (isProduction ? "0.0.0.0" : "127.0.0.1");
  return ["serve", "--parallel", "--port", port, "--host", host, ...flags, "src/serve.ts"];
}

/**
 * Pushes to apps need Google's SDK, more than all else together. A lock that holds it as well keeps its
 * packages pinned and out of deno.lock, all of which each task installs.
 */
function lock(environment: LaunchEnvironment): string[] {
  const isUsed = given(environment, "FIREBASE_SERVICE_ACCOUNT") !== undefined;
  return isUsed ? ["--lock=src/notifications/push/fcm/fcm.lock"] : [];
}

function permissions(environment: LaunchEnvironment, { root, npmCache }: LaunchPlace): string[] {
  const dataDir = given(environment, "DATA_DIR") ?? "data";
  const folders = [dataDir, ...folderOfKv(environment)];
  return [
    // Any host: browsers' push services, an SMTP server or a replica set may be anywhere.
    "--allow-net",
    `--deny-net=${METADATA_SERVICE}`,
    // Packages look for variables of their own; what is not the server's affair is not handed to it.
    "--allow-env",
    "--allow-sys",
    `--allow-read=${list([root, npmCache, ...folders])}`,
    `--deny-read=${list(NOT_READ.map((name) => resolve(root, name)))}`,
    `--allow-write=${list(folders)}`,
  ];
}

/** Deno KV's file may lie elsewhere; SQLite writes further files beside it. */
function folderOfKv(environment: LaunchEnvironment): string[] {
  const path = given(environment, "DENO_KV_PATH");
  return path === undefined ? [] : [resolve(path, "..")];
}

/** A comma in a path is doubled where a flag lists paths. */
function list(paths: readonly string[]): string {
  return paths.map((path) => path.replaceAll(",", ",,")).join(",");
}

/** An empty value is as good as none, as in the configuration. */
function given(environment: LaunchEnvironment, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === "" ? undefined : value;
}
