/**
 * The operator's command `deno task import <file>`: reads people, chats and messages from NDJSON
 * (see import/README.md) into the store that the server is configured for, also while it runs.
 */
import { dirname } from "node:path";
import { openBlobs } from "./adapters.ts";
import { AuditTrail } from "./audit/audit_trail.ts";
import { Accounts } from "./auth/accounts.ts";
import { HeldKeys } from "./auth/held_keys.ts";
import { OneTimeTokens } from "./auth/one_time_tokens.ts";
import { RESERVED_NAMES, ReservedNames } from "./auth/reserved_names.ts";
import { ChatAccess } from "./chats/chat_access.ts";
import { ChatWriter } from "./chats/chat_writer.ts";
import { accountChanges, EXIT_USAGE, runCommand, withStore } from "./command.ts";
import { type Config, loadConfig, sealingKeys } from "./config.ts";
import { systemClock as clock } from "./core/clock.ts";
import { AppError } from "./core/errors.ts";
import { silentLog as log } from "./core/log.ts";
import { PublicGetter } from "./core/public_getter.ts";
import { Checkpoint } from "./import/checkpoint.ts";
import { createDryRun, createImport, type ImportOptions } from "./import/create_import.ts";
import { Importer } from "./import/importer.ts";
import { ImportReport, summaryOf } from "./import/import_report.ts";
import { LineReader } from "./import/line_reader.ts";
import { createMedia, type MediaServices } from "./media/create_media.ts";
import { imageMemoryBytes, processMemoryBytes } from "./media/images/memory.ts";
import { SCOPES } from "./model/api_key.ts";
import { OwnUsers } from "./own_users/own_users.ts";
import type { Store } from "./store/store.ts";
import { Profiles } from "./users/profiles.ts";

const USAGE = "Usage: deno task import <file> [--dry-run] [--strict] [--unread]";

const FLAGS = ["--dry-run", "--strict", "--unread"];

interface Choices {
  file: string;
  dryRun: boolean;
  strict: boolean;
  unread: boolean;
}

function choicesOf(args: readonly string[]): Choices | null {
  const files = args.filter((arg) => !arg.startsWith("--"));
  const flags = args.filter((arg) => arg.startsWith("--"));
  if (files.length !== 1 || flags.some((flag) => !FLAGS.includes(flag))) return null;
  const [dryRun, strict, unread] = FLAGS.map((flag) => flags.includes(flag));
  return { file: files[0], dryRun, strict, unread };
}

function peopleOf(store: Store, { reservedNames }: Config): OwnUsers {
  const audit = new AuditTrail(store, clock);
  const tokens = new OneTimeTokens(store, clock);
  const changes = accountChanges(store);
  const accounts = new Accounts({
    store,
    hasher: noHasher,
    changes,
    held: new HeldKeys(tokens, "held_email"),
    heldNames: new HeldKeys(tokens, "held_username"),
    reserved: new ReservedNames(reservedNames ?? RESERVED_NAMES),
    localRegistration: false,
    product: "",
    audit,
    clock,
  });
  return new OwnUsers({ store, accounts, changes, clock, onProfileChanged: () => {} });
}

/** Imported people have no passwords. */
const noHasher = {
  hash: () => Promise.reject(new Error("Imported people have no passwords")),
  verify: () => Promise.resolve(false),
  isOutdated: () => false,
  close: () => {},
};

async function mediaOf(store: Store, config: Config): Promise<MediaServices> {
  return createMedia({
    store,
    blobs: await openBlobs(config),
    writer: new ChatWriter(store, clock),
    chatAccess: new ChatAccess(store),
    clock,
    log,
    limits: config.limits,
    imageMemoryBytes: imageMemoryBytes(processMemoryBytes(config), 1),
    secrets: sealingKeys(config),
    onUploaded: () => {},
    pictureOrigins: config.pictureOrigins,
  });
}

/** Appears in the audit trail as the origin of the people who were made. */
const VISITOR = {
  transport: "rest" as const,
  address: "",
  userAgent: "deno task import",
  requestId: "import",
  key: { id: "import", scopes: SCOPES },
};

async function optionsOf(
  store: Store,
  config: Config,
  { file, unread }: Choices,
): Promise<ImportOptions & { media: MediaServices }> {
  const media = await mediaOf(store, config);
  const filters = config.customFilters.user;
  const avatars = media.library;
  return {
    store,
    people: peopleOf(store, config),
    profiles: new Profiles({ store, clock, avatars, onChanged: () => {}, filters }),
    media,
    getter: new PublicGetter({ allowedOrigins: config.pictureOrigins, accept: "*/*" }),
    folder: await Deno.realPath(dirname(file)),
    dataDir: config.dataDir,
    visitor: VISITOR,
    limits: config.limits,
    unread,
    clock,
    log,
  };
}

async function run(store: Store, config: Config, choices: Choices): Promise<number> {
  const { dryRun, strict } = choices;
  if ((await Deno.stat(choices.file)).isDirectory) {
    throw new AppError("invalid_request", `Cannot import ${choices.file}: it is a folder`);
  }
  using reader = await LineReader.open(choices.file);
  const report = new ImportReport((line) => console.error(line));
  const options = await optionsOf(store, config, choices);
  const began = performance.now();
  const importer = new Importer({
    target: dryRun ? createDryRun(options) : createImport(options),
    report,
    checkpoint: dryRun ? null : new Checkpoint(store, clock),
    strict,
    onBatch: (lines) => progress(`${lines} lines`),
  });
  const isComplete = await importer.run(reader);
  if (!dryRun) await store.messages.indexed();
  await options.media.close();
  progress("");
  console.log(summaryOf(report.counts, performance.now() - began, dryRun));
  if (!isComplete) console.error("Stopped at the first refused line, since --strict is set");
  return report.counts.refused > 0 ? 1 : 0;
}

/** On a terminal only, so that a log gets the refused lines and nothing else. */
function progress(text: string): void {
  if (!Deno.stderr.isTerminal()) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
}

async function main(): Promise<number> {
  const choices = choicesOf(Deno.args);
  if (choices === null) {
    console.error(USAGE);
    return EXIT_USAGE;
  }
  const config = loadConfig();
  return await withStore(config, (store) => run(store, config, choices));
}

await runCommand(main);
