import { resolve } from "node:path";

export type LaunchMode =
  | "dev"
  | "start"
  | "parallel"
  | "admin"
  | "apikey"
  | "import"
  | "reseal"
  | "doctor";

export interface LaunchPlace {
  /** The folder of the program's source. */
  root: string;
  /** Deno's folder of packages: some packages read their own files. */
  npmCache: string;
  /** The folder of the file that a command reads; null if it reads none. */
  fileFolder?: string | null;
}

/** The part of the configuration that determines flags; the server reads the rest. */
export type LaunchEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Files next to the source that the server must not read. The folder itself is readable, because
 * wasm-vips looks for its codec in the working directory, under several names.
 */
const NOT_READ = [".env", ".git"];

/**
 * Address of the metadata service of clouds, which no feature needs and a forged request might
 * reach.
 */
const METADATA_SERVICE = "169.254.169.254";

/**
 * Returns the arguments of `deno` that run the server or an operator's command, with the
 * permissions it needs.
 */
export function serverArguments(
  mode: LaunchMode,
  environment: LaunchEnvironment,
  place: LaunchPlace,
): string[] {
  const flags = ["--quiet", "--env-file", ...lock(environment), ...permissions(environment, place)];
  if (mode === "start") return ["run", ...flags, "src/main.ts"];
  if (mode === "admin") return ["run", ...flags, "src/admin.ts"];
  if (mode === "apikey") return ["run", ...flags, "src/apikey.ts"];
  if (mode === "import") return ["run", ...flags, "src/import.ts"];
  if (mode === "reseal") return ["run", ...flags, "src/reseal.ts"];
  if (mode === "doctor") return ["run", ...flags, "src/doctor.ts"];
  if (mode === "dev") return ["run", "--watch=src", ...flags, "src/main.ts"];
  const port = given(environment, "PORT") ?? "5000";
  const isProduction = environment.NODE_ENV === "production";
  const host = given(environment, "HOST") ?? (isProduction ? "0.0.0.0" : "127.0.0.1");
  return ["serve", "--parallel", "--port", port, "--host", host, ...flags, "src/serve.ts"];
}

/**
 * Pushes to apps need Google's SDK, which is larger than all other packages together. A separate
 * lock file pins its packages and keeps them out of deno.lock, whose packages every task installs.
 */
function lock(environment: LaunchEnvironment): string[] {
  const isUsed = given(environment, "FIREBASE_SERVICE_ACCOUNT") !== undefined;
  return isUsed ? ["--lock=src/notifications/push/fcm/fcm.lock"] : [];
}

function permissions(
  environment: LaunchEnvironment,
  { root, npmCache, fileFolder = null }: LaunchPlace,
): string[] {
  const dataDir = given(environment, "DATA_DIR") ?? "data";
  const folders = [dataDir, ...folderOfKv(environment)];
  return [
    // Any host: browsers' push services, an SMTP server or a replica set may be anywhere.
    "--allow-net",
    `--deny-net=${METADATA_SERVICE}`,
    // Packages read variables too; variables that the server does not need are not passed to it.
    "--allow-env",
    "--allow-sys",
    `--allow-read=${
      list([root, npmCache, ...folders, ...(fileFolder === null ? [] : [fileFolder])])
    }`,
    `--deny-read=${list(NOT_READ.map((name) => resolve(root, name)))}`,
    `--allow-write=${list(folders)}`,
  ];
}

/** Deno KV's file may be in another folder, and SQLite writes further files next to it. */
function folderOfKv(environment: LaunchEnvironment): string[] {
  const path = given(environment, "DENO_KV_PATH");
  return path === undefined ? [] : [resolve(path, "..")];
}

/** A comma within a path is doubled in a flag that lists paths. */
function list(paths: readonly string[]): string {
  return paths.map((path) => path.replaceAll(",", ",,")).join(",");
}

/** An empty value counts as not set, as in the configuration. */
function given(environment: LaunchEnvironment, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === "" ? undefined : value;
}
