import type { Environment, Values } from "./environment.ts";
import { oidcVariables } from "./oidc.ts";
import { VARIABLE_NAMES } from "./variables.ts";

/** Maximum number of differing letters at which a name is taken for a misspelt variable. */
const MISSPELT_BY = 2;

/**
 * Returns notices about set-ups that start but probably do not work as intended: one sentence each,
 * with its remedy.
 */
export function setupNotices(
  values: Values,
  environment: Environment,
  mode: "development" | "production" | "test",
): string[] {
  return [
    ...misspelt(environment),
    ...clusterNotices(values, environment),
    ...proxyNotices(values, environment),
    ...(mode === "production" ? publicNotices(values) : []),
  ];
}

/** Some editors on Windows write one at the beginning of a file; Deno takes it for a letter. */
const BYTE_ORDER_MARK = "\ufeff";

function marked(name: string): string {
  return `.env begins with a byte order mark, so ${name.slice(1)} in its first line is ignored: ` +
    "save the file as UTF-8 without one";
}

function misspelt(environment: Environment): string[] {
  const names = [...VARIABLE_NAMES, ...Object.keys(oidcVariables(environment))];
  const existing = new Set(names);
  const given = Object.keys(environment).filter((name) => !existing.has(name) && environment[name]);
  return given.flatMap((name) => {
    if (name.startsWith(BYTE_ORDER_MARK) && existing.has(name.slice(1))) return [marked(name)];
    const meant = names.find((other) => isMisspelt(name, other));
    return meant === undefined || environment[meant]
      ? []
      : [`${name} is no variable of this server, and is ignored: did you mean ${meant}?`];
  });
}

/** Ignores short names: `PORTS` or `HOSTS` may well belong to another program. */
function isMisspelt(name: string, meant: string): boolean {
  if (meant.length < 8 || Math.abs(name.length - meant.length) > MISSPELT_BY) return false;
  const given = name.toUpperCase();
  return sharesPiece(given, meant) && editDistance(given, meant) <= MISSPELT_BY;
}

/**
 * True if the two names share one of their pieces. Each mistake affects at most one piece, so one
 * piece stays unchanged. This avoids most computations of an edit distance at start-up.
 */
function sharesPiece(given: string, meant: string): boolean {
  const size = Math.ceil(meant.length / (MISSPELT_BY + 1));
  for (let at = 0; at < meant.length; at += size) {
    if (given.includes(meant.slice(at, at + size))) return true;
  }
  return false;
}

/** Levenshtein distance, computed row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}

/**
 * Warns if instances share their data but not their signals, or their signals but not their data.
 */
function clusterNotices(values: Values, environment: Environment): string[] {
  if (environment.DENO_DEPLOYMENT_ID) return [];
  return [...signalNotices(values), ...fileNotices(values)];
}

/** Several instances are prepared for, and the files of each stay on its host. */
function fileNotices({ BROKER, MONGODB_URI, DENO_KV_URL, AWS_BUCKET_NAME }: Values): string[] {
  const isCluster = BROKER === "mongo" || (BROKER ?? "kv") === "kv" && DENO_KV_URL !== undefined;
  if (!isCluster || MONGODB_URI === undefined || AWS_BUCKET_NAME !== undefined) return [];
  return [
    "AWS_BUCKET_NAME is not set: uploads are files in DATA_DIR, and an instance with another DATA_DIR " +
    "answers 404 to those who ask it for them. Set AWS_BUCKET_NAME, unless all instances have one " +
    "folder, or this is the only one",
  ];
}

function signalNotices(values: Values): string[] {
  if ((values.BROKER ?? "kv") !== "kv") return [];
  const [mongodb, kv] = [values.MONGODB_URI, values.DENO_KV_URL];
  if (mongodb !== undefined && kv === undefined) {
    return [
      "MONGODB_URI is set and DENO_KV_URL is not: further instances on this database would not receive " +
      "its signals. Set DENO_KV_URL to a denokv server, or BROKER=mongo; BROKER=local if this is the only instance",
    ];
  }
  if (mongodb === undefined && kv !== undefined) {
    return [
      "DENO_KV_URL is set and MONGODB_URI is not: instances on other machines would have separate data. " +
      "Set MONGODB_URI, or leave DENO_KV_URL out if this is the only machine",
    ];
  }
  return [];
}

/**
 * Behind a proxy that is not configured all clients share one address, and share everything that is
 * counted by address.
 */
function proxyNotices(values: Values, environment: Environment): string[] {
  const isHttps = values.PUBLIC_URL?.startsWith("https:") ?? false;
  if (!isHttps || values.TRUSTED_PROXY !== undefined || environment.DENO_DEPLOYMENT_ID) return [];
  return [
    "PUBLIC_URL is https and TRUSTED_PROXY is not set: this server speaks plain HTTP, so a proxy stands " +
    "before it, and everyone has the proxy's address. Limits by address then hold for all people " +
    "together, and ten wrong passwords for an account keep new devices of its owner out as well. Set " +
    "TRUSTED_PROXY, such as x-forwarded-for:1",
  ];
}

/** Lists the parts that every client of the server can see. */
function publicNotices(values: Values): string[] {
  const notices = [];
  if (values.SERVE_METRICS !== "off") {
    notices.push(
      values.METRICS_TOKEN === undefined
        ? "/metrics is served to everyone: set METRICS_TOKEN, or SERVE_METRICS=off"
        : "/metrics is served to those who have METRICS_TOKEN; SERVE_METRICS=off ends it",
    );
  }
  if (values.SERVE_DOCS !== "off") {
    notices.push("/docs and the API's documents are served to everyone; SERVE_DOCS=off ends it");
  }
  if (values.SERVE_PAGE !== "off") {
    notices.push("The page at / is served to everyone; SERVE_PAGE=off ends it");
  }
  return notices;
}
