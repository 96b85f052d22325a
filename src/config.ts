import { join } from "node:path";
import { DEFAULT_RATES, LIMIT_NAMES, type Rates, rateVariable } from "./api/rate_limits.ts";
import {
  type Environment,
  processEnvironment,
  readVariables,
  type Values,
} from "./config/environment.ts";
import { ConfigError, type ConfigFault } from "./config/fault.ts";
import { fitLimits } from "./config/limit_fit.ts";
import { LIMIT_SPECS, type LimitKey, type Limits, limitVariable } from "./api/limits.ts";
import { oidcProvidersOf } from "./config/oidc.ts";
import { setupNotices } from "./config/notices.ts";
import { checkProduction, checkTogether } from "./config/requirements.ts";
import {
  encryptionKeyOf,
  fillDevSecrets,
  formerEncryptionKeysOf,
  tokensOf,
} from "./config/secrets.ts";
import type { Config } from "./config/types.ts";

export { isStopNoted, noteStop } from "./config/environment.ts";
export { ConfigError } from "./config/fault.ts";
export type { Limits } from "./api/limits.ts";
export { sealingKeys } from "./config/secrets.ts";
export type { Config, OAuthClient } from "./config/types.ts";
export type { OidcProviderConfig } from "./config/oidc.ts";
export type { ServiceAccount } from "./config/variables.ts";

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
