/**
 * The operator's command for API keys: `deno task apikey create <name> <scope>…`, `list`, `rotate
 * <id>` and `end <id>`. It works on the store that the server is configured for, also while the
 * server runs.
 */
import { ApiKeys } from "./api_keys/api_keys.ts";
import { KeyUsage } from "./api_keys/key_usage.ts";
import { AuditTrail } from "./audit/audit_trail.ts";
import { EXIT_USAGE, runCommand, withStore } from "./command.ts";
import { loadConfig } from "./config.ts";
import { systemClock, toTimestamp } from "./core/clock.ts";
import { isId } from "./core/ids.ts";
import { inPages } from "./core/in_pages.ts";
import { silentLog } from "./core/log.ts";
import { type ApiKey, apiKeyStateAt, type Scope, SCOPE_TEXTS, SCOPES } from "./model/api_key.ts";
import type { Store } from "./store/store.ts";

const USAGE = `Usage: deno task apikey create <name> <scope>… [--expires <days>]
       deno task apikey list
       deno task apikey rotate <id> [--grace <hours>]
       deno task apikey end <id>

Scopes (or "all"):
${SCOPES.map((scope) => `  ${scope.padEnd(16)}${SCOPE_TEXTS[scope]}`).join("\n")}`;

const PAGE = 100;
const HOUR_MS = 3_600_000;

class UsageError extends Error {}

function keysOf(store: Store): ApiKeys {
  const clock = systemClock;
  const usage = new KeyUsage(store, silentLog);
  return new ApiKeys({ store, audit: new AuditTrail(store, clock), usage, clock });
}

/** Returns one line of `list`. */
function describe(key: ApiKey): string {
  const state = apiKeyStateAt(key, systemClock.now());
  const used = key.lastUsedAt === null ? "never used" : `used ${toTimestamp(key.lastUsedAt)}`;
  return [key.id, state, key.name, key.scopes.join(","), used].join("\t");
}

/** Splits `--name value` off the arguments. */
function optionOf(args: string[], name: string): { rest: string[]; value: number | null } {
  const at = args.indexOf(`--${name}`);
  if (at < 0) return { rest: args, value: null };
  const text = args[at + 1] ?? "";
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`--${name} needs a number`);
  return { rest: args.toSpliced(at, 2), value: Number(text) };
}

function scopesOf(names: string[]): Scope[] {
  if (names.length === 1 && names[0] === "all") return [...SCOPES];
  const unknown = names.find((name) => !(SCOPES as readonly string[]).includes(name));
  if (unknown !== undefined) throw new UsageError(`There is no scope "${unknown}"`);
  if (names.length === 0) throw new UsageError("A key needs at least one scope");
  return [...new Set(names as Scope[])];
}

function idOf(args: string[]): string {
  if (args.length !== 1 || !isId(args[0])) throw new UsageError("Name one key by its id");
  return args[0];
}

async function create(keys: ApiKeys, args: string[]): Promise<void> {
  const { rest: [name, ...scopes], value: days } = optionOf(args, "expires");
  if (!name?.trim()) throw new UsageError("A key needs a name");
  const expiresAt = days === null ? null : systemClock.now() + days * 24 * HOUR_MS;
  const { key, token } = await keys.create(null, { name, scopes: scopesOf(scopes), expiresAt });
  console.error(`Made the API key ${key.id}; it is shown only now:`);
  console.log(token);
}

async function list(keys: ApiKeys): Promise<void> {
  for await (const key of inPages(PAGE, (page) => keys.list(page))) console.log(describe(key));
}

async function rotate(keys: ApiKeys, args: string[]): Promise<void> {
  const { rest, value: hours } = optionOf(args, "grace");
  const { token } = await keys.rotate(null, idOf(rest), (hours ?? 24) * HOUR_MS);
  console.error(`The secret before works for ${hours ?? 24} hours more; the new key is:`);
  console.log(token);
}

async function run([command, ...args]: string[], keys: ApiKeys): Promise<void> {
  if (command === "create") return await create(keys, args);
  if (command === "list" && args.length === 0) return await list(keys);
  if (command === "rotate") return await rotate(keys, args);
  if (command !== "end") throw new UsageError("Name a command");
  const { id } = await keys.end(null, idOf(args));
  console.error(`Ended the API key ${id}`);
}

async function main(): Promise<number> {
  try {
    await withStore(loadConfig(), (store) => run(Deno.args, keysOf(store)));
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return EXIT_USAGE;
  }
}

await runCommand(main);
