import { hkdfSync } from "node:crypto";
import { join } from "node:path";
import type { LogLevel } from "./core/log.ts";
import { DEFAULT_RATES, LIMIT_NAMES, type Rates, rateVariable } from "./api/rate_limits.ts";
import { devSecrets } from "./config/dev_secrets.ts";
import {
  type Environment,
  processEnvironment,
  readVariables,
  type Values,
} from "./config/environment.ts";
import { ConfigError, type ConfigFault } from "./config/fault.ts";
import type { CallsConfig } from "./model/calls.ts";
import type { SystemReport } from "./model/system_messages.ts";
import type { ContactAudiences } from "./model/contact.ts";
import { fitLimits } from "./config/limit_fit.ts";
import { LIMIT_SPECS, type LimitKey, type Limits, limitVariable } from "./api/limits.ts";
import { type OidcProviderConfig, oidcProvidersOf } from "./config/oidc.ts";
import { setupNotices } from "./config/notices.ts";
import { checkProduction, checkTogether } from "./config/requirements.ts";
import type { ServiceAccount } from "./config/variables.ts";

export { isStopNoted, noteStop } from "./config/environment.ts";
export { ConfigError } from "./config/fault.ts";
export type { Limits } from "./api/limits.ts";
export type { OidcProviderConfig } from "./config/oidc.ts";
export type { ServiceAccount } from "./config/variables.ts";

/** The whole configuration, validated and frozen. Null means "not configured". */
export interface Config {
  readonly environment: "development" | "production" | "test";
  readonly onDenoDeploy: boolean;
  /** True if Deno exports traces and console output by OpenTelemetry; logs then go there. */
  readonly telemetry: boolean;
  readonly host: string;
  /** 0 selects a free port. */
  readonly port: number;
  /** Without a trailing slash. If null, the URL of the request is used. */
  readonly publicUrl: string | null;
  readonly dataDir: string;
  readonly logLevel: LogLevel;
  /**
   * Bytes of memory that the process may use; if null, the limit of the container or the machine
   * applies.
   */
  readonly memoryBytes: number | null;
  readonly tokens: {
    readonly accessSecret: string;
    readonly refreshSecret: string;
    /** Secrets from before a rotation: tokens signed with them are still accepted. */
    readonly formerAccessSecrets: readonly string[];
    readonly formerRefreshSecrets: readonly string[];
    readonly accessTtlMs: number;
    readonly refreshTtlMs: number;
  };
  /** Tokens of the customer's own sign-in, which are accepted like this server's. */
  readonly ownTokens: {
    readonly jwksUrl: string | null;
    readonly secret: string | null;
    readonly issuer: string;
    readonly audience: string;
    readonly claims: {
      readonly user: string;
      readonly name: string;
      readonly picture: string;
    };
  } | null;
  /** False if accounts with a password cannot be opened here. */
  readonly localRegistration: boolean;
  /** Milliseconds after which a session ends, even if it is refreshed. */
  readonly sessionLifetimeMs: number;
  /** Milliseconds for which a proof of identity counts as recent, for changes of credentials. */
  readonly reauthWindowMs: number;
  /** Binary logarithm of the rounds of password hashing. */
  readonly bcryptCost: number;
  /** Key of 32 bytes that seals second-factor secrets at rest. */
  readonly encryptionKey: Uint8Array;
  /** Earlier keys, which still open the secrets that they sealed. */
  readonly formerEncryptionKeys: readonly Uint8Array[];
  /** In lower case. */
  readonly adminEmails: readonly string[];
  /** Usernames that cannot be registered; null for the default list. */
  readonly reservedNames: readonly string[] | null;
  /**
   * True if administrators by role need a second factor; administrators by address always need one.
   */
  readonly adminSecondFactor: boolean;
  readonly corsOrigins: "*" | readonly string[];
  /** `header` in lower case; the client's address is the `hops`-th entry from its end. */
  readonly trustedProxy: { readonly header: string; readonly hops: number } | null;
  readonly metricsToken: string | null;
  /**
   * Parts served to every client next to the API: `/metrics`, `/docs` with the documents, and `/`.
   */
  readonly serves: {
    readonly metrics: boolean;
    readonly docs: boolean;
    readonly page: boolean;
  };
  /** If null, SQLite in `dataDir` is used. */
  readonly mongodbUri: string | null;
  readonly broker: {
    readonly kind: "kv" | "mongo" | "local";
    readonly kvUrl: string | null;
    readonly kvAccessToken: string | null;
    /** File of the local Deno KV; null on Deno Deploy, whose KV has no path. */
    readonly kvPath: string | null;
  };
  readonly google: OAuthClient & { readonly issuer: string } | null;
  readonly facebook: {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly graphUrl: string;
    readonly issuer: string;
  } | null;
  /** Any other providers of OpenID Connect, in the operator's order. */
  readonly oidc: readonly OidcProviderConfig[];
  /** If null, files in `dataDir` are used. */
  readonly s3: {
    readonly bucket: string;
    readonly region: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly endpointUrl: string | null;
    /** Start of signed URLs; if null, `endpointUrl` is used. */
    readonly publicEndpointUrl: string | null;
  } | null;
  readonly fcm: { readonly serviceAccount: ServiceAccount; readonly endpointUrl: string } | null;
  /** Origins of the operator's own push services, which may be in a private network. */
  readonly webPushOrigins: readonly string[];
  /** Origins of the operator's own pictures of people, which may be in a private network. */
  readonly pictureOrigins: readonly string[];
  /** Origins of webhook endpoints that may be in a private network. */
  readonly webhookOrigins: readonly string[];
  /** A backend that is asked before a message is stored; null for the administrators' choice. */
  readonly messageHook: {
    readonly url: string;
    readonly secret: string;
    readonly onFailure: "allow" | "refuse";
  } | null;
  readonly vapid: {
    readonly publicKey: string;
    readonly privateKey: string;
    readonly subject: string;
  } | null;
  /** If `smtpUrl` is null, mail goes to the log, in production without its text. */
  readonly mail: { readonly smtpUrl: string | null; readonly from: string };
  /** Default for who may contact users who have not chosen a setting. */
  readonly contact: ContactAudiences;
  /** Keys of custom data by which lists of chats and of people may be filtered. */
  readonly customFilters: { readonly chat: readonly string[]; readonly user: readonly string[] };
  /** Changes of groups that are reported as messages of kind `system`. */
  readonly systemMessages: readonly SystemReport[];
  readonly calls: CallsConfig;
  readonly limits: Limits;
  readonly rates: Rates;
  /** Notices that the operator sees at start-up; they contain no secrets. */
  readonly notices: readonly string[];
}

export interface OAuthClient {
  readonly clientId: string;
  /** Null for a client that authenticates by PKCE alone. */
  readonly clientSecret: string | null;
}

const DAY_MS = 86_400_000;
const NO_MAIL =
  "SMTP_URL is not set: no mail is sent, and nobody can confirm an address or reset " +
  "a password";
const DEFAULT_MAIL_FROM = "RealTimeChat <chat@localhost>";

/**
 * Throws a ConfigError that lists every fault. In development it may write
 * `<DATA_DIR>/dev_secrets.json`; it changes nothing else.
 */
export function loadConfig(environment: Environment = processEnvironment()): Config {
  const faults: ConfigFault[] = [];
  const notices: string[] = [];
  const values = readVariables(environment, faults);
  const onDenoDeploy = Boolean(environment.DENO_DEPLOYMENT_ID);
  const mode = values.NODE_ENV ?? (onDenoDeploy ? "production" : "development");
  checkTogether(values, environment, faults);
  if (mode === "production") checkProduction(values, environment, faults);
  const limits = limitsOf(values, faults, notices);
  if (faults.length > 0) throw new ConfigError(faults);
  notices.push(...setupNotices(values, environment, mode));
  if (mode === "production" && !values.SMTP_URL) notices.push(NO_MAIL);
  const dataDir = values.DATA_DIR ?? "./data";
  if (mode !== "production") fillDevSecrets(values, dataDir, notices);
  return deepFreeze({
    environment: mode,
    onDenoDeploy,
    telemetry: onDenoDeploy || ["1", "true"].includes(environment.OTEL_DENO ?? ""),
    host: values.HOST ?? (mode === "production" ? "0.0.0.0" : "127.0.0.1"),
    port: values.PORT ?? 5000,
    publicUrl: values.PUBLIC_URL ?? null,
    dataDir,
    logLevel: values.LOG_LEVEL ?? "info",
    memoryBytes: values.MEMORY_BYTES ?? null,
    tokens: tokensOf(values),
    ownTokens: ownTokensOf(values),
    localRegistration: values.LOCAL_REGISTRATION !== "off",
    sessionLifetimeMs: values.SESSION_LIFETIME ?? 180 * DAY_MS,
    reauthWindowMs: values.REAUTH_WINDOW ?? 5 * 60_000,
    bcryptCost: values.BCRYPT_COST ?? 12,
    encryptionKey: encryptionKeyOf(values, mode, notices),
    formerEncryptionKeys: formerEncryptionKeysOf(values),
    adminEmails: (values.ADMIN_EMAILS ?? []).map((address) => address.toLowerCase()),
    reservedNames: values.RESERVED_NAMES ?? null,
    adminSecondFactor: values.ADMIN_SECOND_FACTOR === "required",
    corsOrigins: values.CORS_ORIGINS ?? (mode === "production" ? [] : "*"),
    trustedProxy: values.TRUSTED_PROXY ?? null,
    metricsToken: values.METRICS_TOKEN ?? null,
    serves: {
      metrics: values.SERVE_METRICS !== "off",
      docs: values.SERVE_DOCS !== "off",
      page: values.SERVE_PAGE !== "off",
    },
    mongodbUri: values.MONGODB_URI ?? null,
    broker: brokerOf(values, onDenoDeploy, dataDir),
    ...providersOf(values),
    ...deliveryOf(values),
    contact: {
      addToGroups: values.CONTACT_ADD_TO_GROUPS ?? "everyone",
      write: values.CONTACT_WRITE ?? "everyone",
    },
    customFilters: values.CUSTOM_FILTERS ?? { chat: [], user: [] },
    systemMessages: values.SYSTEM_MESSAGES ?? [],
    calls: callsOf(values),
    limits,
    rates: ratesOf(values),
    notices,
  });
}

function tokensOf(values: Values): Config["tokens"] {
  return {
    accessSecret: values.JWT_SECRET!,
    refreshSecret: values.JWT_REFRESH_SECRET!,
    formerAccessSecrets: listOf(values.JWT_SECRET_PREVIOUS),
    formerRefreshSecrets: listOf(values.JWT_REFRESH_SECRET_PREVIOUS),
    accessTtlMs: values.JWT_EXPIRY ?? DAY_MS,
    refreshTtlMs: values.JWT_REFRESH_EXPIRY ?? 7 * DAY_MS,
  };
}

function ownTokensOf(values: Values): Config["ownTokens"] {
  const { AUTH_JWKS_URL: jwksUrl = null, AUTH_JWT_SECRET: secret = null } = values;
  if (jwksUrl === null && secret === null) return null;
  return {
    jwksUrl,
    secret,
    issuer: values.AUTH_ISSUER!,
    audience: values.AUTH_AUDIENCE!,
    claims: {
      user: values.AUTH_CLAIM_USER ?? "sub",
      name: values.AUTH_CLAIM_NAME ?? "name",
      picture: values.AUTH_CLAIM_PICTURE ?? "picture",
    },
  };
}

function brokerOf(values: Values, onDenoDeploy: boolean, dataDir: string): Config["broker"] {
  return {
    kind: values.BROKER ?? "kv",
    kvUrl: values.DENO_KV_URL ?? null,
    kvAccessToken: values.DENO_KV_ACCESS_TOKEN ?? null,
    kvPath: onDenoDeploy ? null : values.DENO_KV_PATH ?? join(dataDir, "kv.sqlite3"),
  };
}

function fillDevSecrets(values: Values, dataDir: string, notices: string[]): void {
  const wanted = ["JWT_SECRET", "JWT_REFRESH_SECRET", "VAPID_PUBLIC_KEY"] as const;
  if (wanted.every((name) => values[name] !== undefined)) return;
  const { secrets, path, made } = devSecrets(dataDir);
  values.JWT_SECRET ??= secrets.JWT_SECRET;
  values.JWT_REFRESH_SECRET ??= secrets.JWT_REFRESH_SECRET;
  if (values.VAPID_PUBLIC_KEY === undefined) {
    values.VAPID_PUBLIC_KEY = secrets.VAPID_PUBLIC_KEY;
    values.VAPID_PRIVATE_KEY = secrets.VAPID_PRIVATE_KEY;
  }
  if (made) notices.push(`Made secrets for development and keep them in ${path}`);
}

/**
 * Returns ENCRYPTION_KEY, or a key derived from JWT_SECRET; with a derived key, changing JWT_SECRET
 * makes the second factors unreadable.
 */
function encryptionKeyOf(
  values: Values,
  mode: Config["environment"],
  notices: string[],
): Uint8Array {
  if (values.ENCRYPTION_KEY) return values.ENCRYPTION_KEY;
  if (mode === "production") {
    notices.push(
      "ENCRYPTION_KEY is not set: second-factor secrets are sealed with a key derived from " +
        "JWT_SECRET, and changing that makes them unreadable",
    );
  }
  return derivedEncryptionKey(values.JWT_SECRET!);
}

/**
 * Includes derived keys, so that neither setting ENCRYPTION_KEY later nor rotating JWT_SECRET (with
 * JWT_SECRET_PREVIOUS) makes sealed secrets unreadable.
 */
function formerEncryptionKeysOf(values: Values): Uint8Array[] {
  const { ENCRYPTION_KEY, ENCRYPTION_KEY_PREVIOUS, JWT_SECRET, JWT_SECRET_PREVIOUS } = values;
  return [
    ...listOf(ENCRYPTION_KEY_PREVIOUS),
    ...(ENCRYPTION_KEY ? [derivedEncryptionKey(JWT_SECRET!)] : []),
    ...listOf(JWT_SECRET_PREVIOUS).map(derivedEncryptionKey),
  ];
}

function listOf<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

function derivedEncryptionKey(secret: string): Uint8Array {
  const info = "realtimechat encryption at rest";
  return new Uint8Array(hkdfSync("sha256", secret, "", info, 32));
}

function providersOf(values: Values): Pick<Config, "google" | "facebook" | "oidc"> {
  return {
    oidc: oidcProvidersOf(values.OIDC_PROVIDERS ?? [], values),
    google: values.GOOGLE_CLIENT_ID === undefined ? null : {
      clientId: values.GOOGLE_CLIENT_ID,
      clientSecret: values.GOOGLE_CLIENT_SECRET ?? null,
      issuer: values.GOOGLE_ISSUER ?? "https://accounts.google.com",
    },
    facebook: values.FACEBOOK_APP_ID === undefined ? null : {
      clientId: values.FACEBOOK_APP_ID,
      clientSecret: values.FACEBOOK_APP_SECRET!,
      graphUrl: values.FACEBOOK_GRAPH_URL ?? "https://graph.facebook.com/v21.0",
      issuer: values.FACEBOOK_ISSUER ?? "https://www.facebook.com",
    },
  };
}

function deliveryOf(
  values: Values,
): Pick<
  Config,
  | "s3"
  | "fcm"
  | "vapid"
  | "webPushOrigins"
  | "pictureOrigins"
  | "webhookOrigins"
  | "messageHook"
  | "mail"
> {
  return {
    s3: values.AWS_BUCKET_NAME === undefined ? null : {
      bucket: values.AWS_BUCKET_NAME,
      region: values.AWS_REGION ?? "us-east-1",
      accessKeyId: values.AWS_ACCESS_KEY_ID!,
      secretAccessKey: values.AWS_SECRET_ACCESS_KEY!,
      endpointUrl: values.AWS_ENDPOINT_URL ?? null,
      publicEndpointUrl: values.AWS_PUBLIC_ENDPOINT_URL ?? null,
    },
    fcm: values.FIREBASE_SERVICE_ACCOUNT === undefined ? null : {
      serviceAccount: values.FIREBASE_SERVICE_ACCOUNT,
      endpointUrl: values.FCM_ENDPOINT_URL ?? "https://fcm.googleapis.com",
    },
    webPushOrigins: values.WEB_PUSH_ORIGINS ?? [],
    pictureOrigins: values.PICTURE_ORIGINS ?? [],
    webhookOrigins: values.WEBHOOK_ALLOW_PRIVATE ?? [],
    messageHook: values.MESSAGE_HOOK_URL === undefined ? null : {
      url: values.MESSAGE_HOOK_URL,
      secret: values.MESSAGE_HOOK_SECRET!,
      onFailure: values.MESSAGE_HOOK_ON_FAILURE ?? "allow",
    },
    vapid: values.VAPID_PUBLIC_KEY === undefined ? null : {
      publicKey: values.VAPID_PUBLIC_KEY,
      privateKey: values.VAPID_PRIVATE_KEY!,
      subject: values.VAPID_SUBJECT ?? `mailto:${addressOf(values.MAIL_FROM ?? DEFAULT_MAIL_FROM)}`,
    },
    mail: {
      smtpUrl: values.SMTP_URL ?? null,
      from: values.MAIL_FROM ?? DEFAULT_MAIL_FROM,
    },
  };
}

function addressOf(mailbox: string): string {
  return /<([^>]+)>$/.exec(mailbox)?.[1] ?? mailbox;
}

function callsOf(values: Values): Config["calls"] {
  return {
    livekit: values.LIVEKIT_URL === undefined ? null : {
      url: values.LIVEKIT_URL,
      apiKey: values.LIVEKIT_API_KEY!,
      apiSecret: values.LIVEKIT_API_SECRET!,
    },
    turn: values.TURN_URLS === undefined
      ? null
      : { urls: values.TURN_URLS, secret: values.TURN_SECRET! },
  };
}

function limitsOf(values: Values, faults: ConfigFault[], notices: string[]): Limits {
  const keys = Object.keys(LIMIT_SPECS) as LimitKey[];
  const given = Object.fromEntries(
    keys.map((key) => [key, values[limitVariable(key)] ?? LIMIT_SPECS[key].default]),
  ) as Limits;
  const isConfigured = (key: LimitKey) => values[limitVariable(key)] !== undefined;
  return fitLimits(given, isConfigured, faults, notices);
}

function ratesOf(values: Values): Rates {
  return Object.fromEntries(
    LIMIT_NAMES.map((name) => [name, values[rateVariable(name)] ?? DEFAULT_RATES[name]]),
  ) as Rates;
}

/** Freezes recursively, except bytes, which JavaScript cannot freeze. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
