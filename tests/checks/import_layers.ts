/**
 * The rules, in one place. A folder of src is a layer; it may import itself and the layers listed,
 * with `types` only as types (`import type`), since those do not exist at run time: a feature gets
 * another feature's service, and a port's adapter, through its constructor.
 */
export interface Layer {
  values: readonly string[];
  types?: readonly string[];
}

const FEATURES = [
  "auth",
  "audit",
  "users",
  "chats",
  "messages",
  "media",
  "notifications",
  "encryption",
  "api_keys",
  "own_users",
  "webhooks",
  "calls",
  "bots",
  "moderation",
] as const;

const BASE = ["core", "model"] as const;
const CONTRACT = [...BASE, "api"] as const;
const SHAPES = [...CONTRACT, "operations"] as const;
const PORTS = ["store", "cluster", "realtime", "mail"] as const;

const feature: Layer = { values: [...SHAPES, ...PORTS], types: FEATURES };

export const LAYERS: Readonly<Record<string, Layer>> = {
  core: { values: [] },
  model: { values: ["core"] },
  /** The contract with clients: everything that clients may know, and no code that runs. */
  api: { values: BASE },
  config: { values: CONTRACT },
  /** Communication between instances: does not interpret the messages. */
  cluster: { values: CONTRACT },
  operations: { values: CONTRACT, types: ["cluster"] },
  /** Starts the server: knows its configuration, and none of its parts. */
  launcher: { values: ["config"] },
  /** Commands that operators run beside the server. */
  tools: { values: [...BASE, "config", "store", "adapters.ts", "media/media_rules.ts"] },
  /** Writes what comes from elsewhere, by the rules of the features and without their notices. */
  import: { values: [...SHAPES, "store", "chats", "messages", "own_users"], types: FEATURES },
  /** Checks a configuration through the ports; `doctor.ts` passes their adapters in. */
  doctor: { values: BASE, types: ["config", "store", "mail", "media"] },
  store: { values: BASE },
  mail: { values: BASE },
  realtime: { values: [...SHAPES, "store", "cluster"], types: FEATURES },
  ...Object.fromEntries(FEATURES.map((name) => [name, feature])),
  http: { values: SHAPES, types: [...FEATURES, ...PORTS] },
  transport: { values: [...SHAPES, "http", "realtime"], types: [...FEATURES, "store"] },
  /** For browsers too: of the server it imports only the contract, as types. */
  client: { values: BASE, types: ["api"] },
  web: { values: [...BASE, "client"], types: ["api"] },
};

/**
 * Further imports that a file may have, by its name in any feature: transports may use the code
 * that creates transports.
 */
export const BY_NAME: Readonly<Record<string, readonly string[]>> = {
  "routes.ts": ["http"],
};

/** Files at the top of src: who may import them, and which imports they may have. */
export const ROOT_FILES: Readonly<Record<string, { values: readonly string[] | "anything" }>> = {
  "main.ts": { values: ["core", "cron.ts", "keep_serving.ts", "listener.ts", "start.ts"] },
  "serve.ts": { values: ["core", "end_late.ts", "keep_serving.ts", "listener.ts", "start.ts"] },
  "end_late.ts": { values: [] },
  "listener.ts": { values: ["core"] },
  "keep_serving.ts": { values: ["core"] },
  "launch.ts": { values: ["config", "launcher"] },
  "cron.ts": { values: [] },
  "timer_work.ts": { values: ["core"] },
  "start.ts": { values: ["app.ts", "config.ts", "config", "core", "version.ts"] },
  "doctor.ts": {
    values: ["adapters.ts", "config.ts", "core", "doctor", "seals_due.ts", "version.ts"],
  },
  "version.ts": { values: [] },
  /** Together the composition root: ports with their adapters, the rules, the transports. */
  "app.ts": { values: "anything" },
  /** Separate commands on the same store. */
  "command.ts": { values: "anything" },
  "admin.ts": { values: "anything" },
  "apikey.ts": { values: "anything" },
  "import.ts": { values: "anything" },
  "reseal.ts": { values: "anything" },
  "seals_due.ts": { values: "anything" },
  "adapters.ts": { values: "anything" },
  "app_context.ts": { values: "anything" },
  "services.ts": { values: "anything" },
  "feature_wiring.ts": { values: "anything" },
  "handlers.ts": { values: "anything" },
  "transports.ts": { values: "anything" },
  "config.ts": { values: ["api", "config", "core", "model"] },
};

/** Any file may use types of the configuration; its values come from app.ts. */
export const TYPES_FOR_ALL: readonly string[] = ["config.ts", "config"];

/** The only file that names concrete adapters, statically or dynamically. */
export const COMPOSITION_ROOT = "adapters.ts";

/**
 * `role_backend.ts` beside the port `role.ts` is an adapter, and so is every file in these folders.
 */
export const ADAPTER_FOLDERS: readonly string[] = [
  "store/sqlite",
  "store/mongo",
  "cluster/kv",
  "cluster/local",
  "cluster/mongo",
  "media/blobs/disk",
  "media/blobs/s3",
  "notifications/push/fcm",
  "notifications/push/web/sender.ts",
];
export const BACKENDS: readonly string[] = ["bcrypt", "log", "smtp"];

/** Imports that adapters may have beside their own folder. */
export const ADAPTER_IMPORTS: readonly string[] = ["core", "model", "api"];

/**
 * Only the configuration reads the environment. Exceptions: the launcher passes it on, and the
 * server for conformance suites and an example of a user's program have no other configuration.
 */
export const ENVIRONMENT_READERS: readonly string[] = [
  "config.ts",
  "client/examples/next/app/chat-token/route.ts",
  "config/environment.ts",
  "launch.ts",
  "transport/socketio/conformance_server.ts",
];

export const FORBIDDEN_SCHEMES: readonly string[] = ["http:", "https:", "jsr:"];

/** Packages that no code may load at start-up: unreachable from main.ts by static imports. */
export const HEAVY_PACKAGES: readonly string[] = [
  "mongodb",
  "@aws-sdk/",
  "wasm-vips",
  "nodemailer",
  "socket.io",
  "engine.io",
  "otplib",
  "bcryptjs",
  "node:zlib",
  "node:url",
];
