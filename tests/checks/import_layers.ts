/**
 * The rules, in one place. A folder of src is a layer; it may import itself and the layers listed,
 * with `types` only as types (`import type`), since those are gone at run time: a feature gets another
 * feature's service, and a port's adapter, through its constructor.
 */
export interface Layer {
  values: readonly string[];
  types?: readonly string[];
}

const FEATURES = [
  "auth",
  "users",
  "chats",
  "messages",
  "media",
  "notifications",
  "encryption",
] as const;

/** Ceilings that schemas share with clients: constants, though they lie with the configuration. */
const CEILINGS = "config/limits.ts";

const BASE = ["core", "model"] as const;
const SHAPES = [...BASE, "operations", "wire", CEILINGS] as const;
const PORTS = ["store", "realtime", "mail"] as const;

const feature: Layer = { values: [...SHAPES, ...PORTS], types: FEATURES };

export const LAYERS: Readonly<Record<string, Layer>> = {
  core: { values: [] },
  model: { values: ["core"] },
  /** The default rates lie with the operations. */
  config: { values: [...BASE, "operations/rate_limits.ts"] },
  operations: { values: [...BASE, CEILINGS] },
  wire: { values: [...BASE, "operations"] },
  /** Starts the server: knows its configuration, and nothing that it is made of. */
  launcher: { values: ["config"] },
  /** What operators run beside the server. */
  tools: { values: [...BASE, "config", "store", "adapters.ts", "media/media_rules.ts"] },
  /** Checks a configuration through the ports; `doctor.ts` gives it what stands behind them. */
  doctor: { values: BASE, types: ["config", "store", "mail", "media"] },
  store: { values: BASE },
  mail: { values: BASE },
  realtime: { values: [...SHAPES, "store"], types: FEATURES },
  ...Object.fromEntries(FEATURES.map((name) => [name, feature])),
  http: { values: SHAPES, types: [...FEATURES, ...PORTS] },
  transport: {
    values: [...SHAPES, "http", "realtime", ...FEATURES.map((name) => `${name}/operations.ts`)],
    types: [...FEATURES, "store"],
  },
  /** For browsers too: of the server it takes types and schema-free constants, and no more. */
  client: { values: BASE, types: [...FEATURES, "operations", "wire", "realtime/operations.ts"] },
  web: { values: [...BASE, "client"], types: ["wire"] },
};

/** What else a file may import, by its name in whatever feature: doors may use what makes doors. */
export const BY_NAME: Readonly<Record<string, readonly string[]>> = {
  "routes.ts": ["http"],
  /** Describes what `routes.ts` serves. */
  "raw_routes.ts": ["http"],
  "operations.ts": FEATURES.map((name) => `${name}/operations.ts`),
};

/** Files of src itself: who may import them, and what they may import. */
export const ROOT_FILES: Readonly<Record<string, { values: readonly string[] | "anything" }>> = {
  "main.ts": { values: ["core", "cron.ts", "keep_serving.ts", "listener.ts", "start.ts"] },
  "serve.ts": { values: ["core", "keep_serving.ts", "listener.ts", "start.ts"] },
  "listener.ts": { values: ["core"] },
  "keep_serving.ts": { values: ["core"] },
  "launch.ts": { values: ["config", "launcher"] },
  "cron.ts": { values: [] },
  "timer_work.ts": { values: ["core"] },
  "start.ts": { values: ["app.ts", "config.ts", "config", "core", "version.ts"] },
  "doctor.ts": { values: ["adapters.ts", "config.ts", "core", "doctor", "version.ts"] },
  "version.ts": { values: [] },
  /** Together the composition root: ports with what stands behind them, the rules, the doors. */
  "app.ts": { values: "anything" },
  /** A command of its own on the same store. */
  "admin.ts": { values: "anything" },
  "adapters.ts": { values: "anything" },
  "services.ts": { values: "anything" },
  "doors.ts": { values: "anything" },
  "config.ts": { values: ["config", "core", "model", "operations/rate_limits.ts"] },
};

/** Types of the configuration may be named by anyone; its values come from app.ts. */
export const TYPES_FOR_ALL: readonly string[] = ["config.ts", "config"];

/** The only file that names concrete adapters, statically or dynamically. */
export const COMPOSITION_ROOT = "adapters.ts";

/** `role_backend.ts` beside the port `role.ts` is an adapter, and so is all that is in these. */
export const ADAPTER_FOLDERS: readonly string[] = ["store/sqlite", "store/mongo"];
export const BACKENDS: readonly string[] = [
  "sqlite",
  "mongo",
  "kv",
  "disk",
  "s3",
  "fcm",
  "web",
  "log",
  "smtp",
];

/** What adapters may import beside their own folder. */
export const ADAPTER_IMPORTS: readonly string[] = ["core", "model"];

/**
 * The configuration alone reads the environment; the launcher hands it on, and the server for conformance
 * suites has no other.
 */
export const ENVIRONMENT_READERS: readonly string[] = [
  "config.ts",
  "config/environment.ts",
  "launch.ts",
  "transport/socketio/conformance_server.ts",
];

export const FORBIDDEN_SCHEMES: readonly string[] = ["http:", "https:", "jsr:"];

/** Packages that nothing may load at start-up: not reachable from main.ts by static imports. */
export const HEAVY_PACKAGES: readonly string[] = [
  "mongodb",
  "@aws-sdk/",
  "wasm-vips",
  "nodemailer",
  "socket.io",
  "engine.io",
  "otplib",
  "bcryptjs",
];
