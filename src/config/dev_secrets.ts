import { generateKeyPairSync, randomBytes } from "node:crypto";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { z } from "zod";
import { lazy } from "../core/lazy.ts";
import { dataDirError } from "./data_dir.ts";

/**
 * Secrets that a development server needs and a new developer does not have. Never used in
 * production.
 */
const DevSecrets = lazy(() =>
  z.object({
    JWT_SECRET: z.string().min(32),
    JWT_REFRESH_SECRET: z.string().min(32),
    VAPID_PUBLIC_KEY: z.string(),
    VAPID_PRIVATE_KEY: z.string(),
  })
);

export type DevSecrets = z.infer<ReturnType<typeof DevSecrets>>;

export interface DevSecretsFile {
  path: string;
  secrets: DevSecrets;
  /** True if this call created it. */
  made: boolean;
}

/**
 * Creates the secrets once and keeps them, so that tokens survive a restart. Two servers that start
 * at the same time end with the same file: each writes it completely under a temporary name, and
 * the first to link it into place wins.
 */
export function devSecrets(dataDir: string): DevSecretsFile {
  const path = join(dataDir, "dev_secrets.json");
  const kept = read(path, dataDir);
  if (kept) return { path, secrets: kept, made: false };
  const made = make(path, dataDir);
  return { path, secrets: read(path, dataDir)!, made };
}

/** Returns true if this call created the file, false if another server did so in the meantime. */
function make(path: string, dataDir: string): boolean {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    Deno.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    Deno.writeTextFileSync(draft, JSON.stringify(generate(), null, 2), { mode: 0o600 });
  } catch (error) {
    throw dataDirError(dataDir, error);
  }
  try {
    Deno.linkSync(draft, path);
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return false;
  } finally {
    Deno.removeSync(draft);
  }
}

function read(path: string, dataDir: string): DevSecrets | null {
  let text;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw dataDirError(dataDir, error);
  }
  try {
    return DevSecrets().parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is not what this server wrote: delete it to have new secrets made`, {
      cause,
    });
  }
}

function generate(): DevSecrets {
  const { publicKey, privateKey } = generateVapidKeys();
  return {
    JWT_SECRET: randomBytes(48).toString("base64url"),
    JWT_REFRESH_SECRET: randomBytes(48).toString("base64url"),
    VAPID_PUBLIC_KEY: publicKey,
    VAPID_PRIVATE_KEY: privateKey,
  };
}

/**
 * Generates VAPID keys in the format of browsers' `applicationServerKey` and the usual tools: the
 * point and the scalar, in base64url.
 */
export function generateVapidKeys(): { publicKey: string; privateKey: string } {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const { x, y, d } = privateKey.export({ format: "jwk" });
  const uncompressed = Uint8Array.of(4);
  const point = [x!, y!].map((coordinate) => Buffer.from(coordinate, "base64url"));
  const publicKey = Buffer.concat([uncompressed, ...point]).toString("base64url");
  return { publicKey, privateKey: d! };
}
