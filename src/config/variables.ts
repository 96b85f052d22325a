import { z } from "zod";
import { keyBytes } from "../core/key_bytes.ts";
import { SYSTEM_REPORTS, type SystemReport } from "../model/system_messages.ts";
import { webhookKey } from "../core/webhook_signature.ts";
import { CONTACT_AUDIENCES } from "../model/contact.ts";
import { LIMIT_NAMES, type Rate, rateVariable } from "../api/rate_limits.ts";
import { LIMIT_SPECS, type LimitKey, limitVariable } from "../api/limits.ts";
import { parseDuration } from "./duration.ts";
import { PROVIDER_LIST } from "./oidc.ts";
import {
  httpUrl,
  integer,
  listOf,
  matching,
  oneOf,
  parsed,
  secret,
  url,
  type Variable,
  variable,
  words,
} from "./variable.ts";

const duration = variable(
  "a duration such as 15m, 24h or 7d, at least 1s",
  parsed((text) => {
    const ms = parseDuration(text);
    return ms !== null && ms >= 1000 ? ms : null;
  }),
);

const encryptionKey = secret(
  "32 bytes in hexadecimal or base64, such as `openssl rand -hex 32` gives",
  parsed(parseKey),
);

const signingSecret = secret(
  "a secret of at least 32 bytes, such as `openssl rand -base64 48` gives",
  () => z.string().refine((text) => new TextEncoder().encode(text).length >= 32),
);

/** Refuses an asterisk, which would count as a host name and match no origin. */
const origin = (text: string) =>
  URL.canParse(text) && new URL(text).origin === text && !text.includes("*");

/**
 * Parses PUBLIC_URL: an origin without a path, since the server is served at its root. Links begin
 * with it, and the origins of pages are compared with it.
 */
const publicUrl = parsed((text) => {
  const bare = text.replace(/\/+$/, "");
  return /^https?:/i.test(bare) && origin(bare.toLowerCase()) ? bare.toLowerCase() : null;
});

function parseOrigins(text: string): "*" | string[] | null {
  if (text.trim() === "*") return "*";
  const origins = listOf(text);
  return origins.every(origin) ? origins : null;
}

function parseTrustedProxy(text: string): { header: string; hops: number } | null {
  const match = /^([a-z][a-z0-9-]{0,63})(?::([1-9]\d?))?$/i.exec(text.trim());
  // `true` and similar values are the syntax of other programs; here the header must be named.
  const isHeader = match && (match[1].includes("-") || /^forwarded$/i.test(match[1]));
  if (!isHeader) return null;
  return { header: match[1].toLowerCase(), hops: Number(match[2] ?? 1) };
}

/** Parses 32 bytes in hexadecimal, base64 or base64url. */
function parseKey(text: string): Uint8Array | null {
  if (/^[0-9a-f]{64}$/i.test(text)) {
    return Uint8Array.from(text.match(/../g)!, (byte) => parseInt(byte, 16));
  }
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(text) ? keyBytes(text, 32) : null;
}

export interface ServiceAccount {
  readonly projectId: string;
  readonly clientEmail: string;
  readonly privateKey: string;
  readonly tokenUri: string;
  readonly privateKeyId: string | null;
}

function parseServiceAccount(text: string): ServiceAccount | null {
  try {
    const account = z.object({
      project_id: words(),
      client_email: words(),
      private_key: z.string().includes("PRIVATE KEY"),
      private_key_id: words().optional(),
      token_uri: z.url().default("https://oauth2.googleapis.com/token"),
    }).parse(JSON.parse(text));
    return {
      projectId: account.project_id,
      clientEmail: account.client_email,
      // Variables often contain the two characters "\\n" where the file has a line break.
      privateKey: account.private_key.replaceAll("\\n", "\n"),
      privateKeyId: account.private_key_id ?? null,
      tokenUri: account.token_uri,
    };
  } catch {
    return null;
  }
}

function parseRate(text: string): Rate | null {
  const match = /^([1-9]\d{0,8})\/(\w+)$/.exec(text.trim());
  const periodMs = match && parseDuration(match[2]);
  return periodMs && periodMs >= 1000 ? { count: Number(match[1]), periodMs } : null;
}

const onOff = variable("on or off", oneOf(["on", "off"]));

const mailAddress = /^[^\s@,<>]+@[^\s@,<>]+$/;

function parseMailAddresses(text: string): string[] | null {
  const addresses = listOf(text);
  return addresses.every((address) => mailAddress.test(address)) ? addresses : null;
}

/** Parses the keys of custom data by which lists may be filtered. */
function parseCustomFilters(text: string): { chat: string[]; user: string[] } | null {
  const filters = { chat: [] as string[], user: [] as string[] };
  for (const part of listOf(text)) {
    const match = /^(chat|user)\.([A-Za-z][A-Za-z0-9_-]{0,63})$/.exec(part);
    if (!match) return null;
    filters[match[1] as keyof typeof filters].push(match[2]);
  }
  return filters;
}

const contactAudience = variable(
  "everyone, shared (people who share a chat with the person) or nobody",
  oneOf(CONTACT_AUDIENCES),
);

const NAMED = {
  NODE_ENV: variable(
    "development, production or test",
    oneOf(["development", "production", "test"]),
  ),
  PORT: variable("a port, 0 to 65535 (0 takes a free one)", integer(0, 65535)),
  HOST: variable("a host name or address to listen on, such as 127.0.0.1", words),
  PUBLIC_URL: variable(
    "an http or https URL without a path, such as https://chat.example.com",
    publicUrl,
  ),
  DATA_DIR: variable("the path of a folder", words),
  LOG_LEVEL: variable("debug, info, warn or error", oneOf(["debug", "info", "warn", "error"])),

  MEMORY_BYTES: variable("an integer from 134217728 (128 MiB)", integer(128 * 1024 ** 2, 2 ** 49)),

  JWT_SECRET: signingSecret,
  JWT_REFRESH_SECRET: signingSecret,
  JWT_SECRET_PREVIOUS: signingSecret,
  JWT_REFRESH_SECRET_PREVIOUS: signingSecret,
  JWT_EXPIRY: duration,
  JWT_REFRESH_EXPIRY: duration,
  SESSION_LIFETIME: duration,
  REAUTH_WINDOW: duration,
  AUTH_JWKS_URL: httpUrl("https://login.example.com/.well-known/jwks.json"),
  AUTH_JWT_SECRET: signingSecret,
  AUTH_ISSUER: variable("the `iss` of your tokens, such as https://login.example.com/", words),
  AUTH_AUDIENCE: variable("the `aud` of your tokens that are for this server", words),
  AUTH_CLAIM_USER: variable("the name of a claim, such as sub", words),
  AUTH_CLAIM_NAME: variable("the name of a claim, such as name", words),
  AUTH_CLAIM_PICTURE: variable("the name of a claim, such as picture", words),
  LOCAL_REGISTRATION: onOff,
  BCRYPT_COST: variable("an integer from 4 to 16, in production at least 10", integer(4, 16)),
  ENCRYPTION_KEY: encryptionKey,
  ENCRYPTION_KEY_PREVIOUS: encryptionKey,
  RESERVED_NAMES: variable(
    "`none`, or usernames separated by commas",
    parsed((text) => text.trim() === "none" ? [] : listOf(text)),
  ),
  ADMIN_SECOND_FACTOR: variable("required or optional", oneOf(["required", "optional"])),
  ADMIN_EMAILS: variable("e-mail addresses separated by commas", parsed(parseMailAddresses)),

  CORS_ORIGINS: variable(
    "`*`, or origins such as https://app.example.com separated by commas",
    parsed(parseOrigins),
  ),
  TRUSTED_PROXY: variable(
    "a header's name and the number of proxies, such as x-forwarded-for:1",
    parsed(parseTrustedProxy),
  ),
  SERVE_METRICS: onOff,
  SERVE_DOCS: onOff,
  SERVE_PAGE: onOff,
  METRICS_TOKEN: secret("a token of at least 16 characters", () => z.string().min(16)),

  CONTACT_ADD_TO_GROUPS: contactAudience,
  CONTACT_WRITE: contactAudience,

  CUSTOM_FILTERS: variable(
    "keys of custom data such as chat.topic or user.team, separated by commas",
    parsed(parseCustomFilters),
  ),

  SYSTEM_MESSAGES: variable(
    "`all`, or some of joined, left, removed, renamed and picture, separated by commas",
    parsed((text) => {
      const reports = text.trim() === "all" ? [...SYSTEM_REPORTS] : listOf(text);
      const known: readonly string[] = SYSTEM_REPORTS;
      return reports.every((one) => known.includes(one)) ? reports as SystemReport[] : null;
    }),
  ),
  LIVEKIT_URL: variable("a URL such as wss://livekit.example.com", url("ws:", "wss:")),
  LIVEKIT_API_KEY: variable("the name of a LiveKit API key", words),
  LIVEKIT_API_SECRET: signingSecret,
  TURN_URLS: variable(
    "turn: or turns: URLs such as turns:turn.example.com:5349, separated by commas",
    parsed((text) => {
      const urls = listOf(text);
      return urls.every((one) => /^turns?:[^\s@]+$/.test(one)) ? urls : null;
    }),
  ),
  TURN_SECRET: secret("the secret that the TURN server shares", () => z.string().min(16)),

  MONGODB_URI: secret(
    "a URI such as mongodb://host/database?replicaSet=rs0",
    matching(/^mongodb(\+srv)?:\/\/\S+$/),
  ),

  BROKER: variable("kv, mongo or local", oneOf(["kv", "mongo", "local"])),
  DENO_KV_URL: httpUrl("http://127.0.0.1:4512"),
  DENO_KV_ACCESS_TOKEN: secret("the token of the denokv server", words),
  DENO_KV_PATH: variable("the path of a file", words),

  GOOGLE_CLIENT_ID: variable("the id of an OAuth client", words),
  GOOGLE_CLIENT_SECRET: secret("the secret of the OAuth client", words),
  GOOGLE_ISSUER: httpUrl("https://accounts.google.com"),
  FACEBOOK_APP_ID: variable("the id of a Facebook app", words),
  FACEBOOK_APP_SECRET: secret("the secret of the Facebook app", words),
  FACEBOOK_GRAPH_URL: httpUrl("https://graph.facebook.com/v21.0"),
  FACEBOOK_ISSUER: httpUrl("https://www.facebook.com"),
  OIDC_PROVIDERS: PROVIDER_LIST,

  AWS_BUCKET_NAME: variable(
    "the name of a bucket",
    matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
  ),
  AWS_REGION: variable("a region such as eu-central-1", matching(/^[a-z0-9-]{2,40}$/)),
  AWS_ACCESS_KEY_ID: variable("the id of an access key", words),
  AWS_SECRET_ACCESS_KEY: secret("the secret of the access key", words),
  AWS_ENDPOINT_URL: httpUrl("https://s3.example.com"),
  AWS_PUBLIC_ENDPOINT_URL: httpUrl("https://files.example.com"),

  FIREBASE_SERVICE_ACCOUNT: secret(
    "the JSON of a service account with project_id, client_email and private_key",
    parsed(parseServiceAccount),
  ),
  FIREBASE_SERVER_KEY: secret(
    "left out: Google has retired server keys. Set FIREBASE_SERVICE_ACCOUNT to the JSON of a " +
      "service account instead",
    () => z.never() as unknown as z.ZodType<never, string>,
  ),
  FCM_ENDPOINT_URL: httpUrl("https://fcm.googleapis.com"),
  VAPID_PUBLIC_KEY: variable(
    "an uncompressed P-256 point in base64url",
    matching(/^B[A-Za-z0-9_-]{86}$/),
  ),
  VAPID_PRIVATE_KEY: secret("a P-256 key in base64url", matching(/^[A-Za-z0-9_-]{43}$/)),
  MESSAGE_HOOK_URL: httpUrl("https://backend.example.com/before-message"),
  MESSAGE_HOOK_SECRET: secret(
    "whsec_ and the base64 of 24 to 64 bytes",
    () => z.string().refine((text) => webhookKey(text) !== null),
  ),
  MESSAGE_HOOK_ON_FAILURE: variable("allow or refuse", oneOf(["allow", "refuse"])),
  WEBHOOK_ALLOW_PRIVATE: variable(
    "origins such as http://127.0.0.1:3000 separated by commas",
    parsed((text) => {
      const origins = listOf(text);
      return origins.every(origin) ? origins : null;
    }),
  ),
  WEB_PUSH_ORIGINS: variable(
    "origins such as http://127.0.0.1:8080 separated by commas",
    parsed((text) => {
      const origins = listOf(text);
      return origins.every(origin) ? origins : null;
    }),
  ),
  PICTURE_ORIGINS: variable(
    "origins such as http://127.0.0.1:8080 separated by commas",
    parsed((text) => {
      const origins = listOf(text);
      return origins.every(origin) ? origins : null;
    }),
  ),
  VAPID_SUBJECT: variable(
    "a mailto: or https: URL by which push services can reach you",
    url("mailto:", "https:"),
  ),

  SMTP_URL: secret("a URL such as smtps://user:password@host:465", url("smtp:", "smtps:")),
  MAIL_FROM: variable(
    "an e-mail address, with or without a name before it in the form: Name <address>",
    matching(/^([^<>\r\n]*<[^\s@,<>]+@[^\s@,<>]+>|[^\s@,<>]+@[^\s@,<>]+)$/),
  ),
};

const LIMITS = Object.fromEntries(
  (Object.keys(LIMIT_SPECS) as LimitKey[]).map((key) => {
    const { min, max } = LIMIT_SPECS[key];
    return [limitVariable(key), variable(`an integer from ${min} to ${max}`, integer(min, max))];
  }),
);

const RATES = Object.fromEntries(
  LIMIT_NAMES.map((name) => [
    rateVariable(name),
    variable("a count and a period of at least 1s, such as 600/1m", parsed(parseRate)),
  ]),
);

export type NamedVariables = typeof NAMED;

/** Every variable that the server reads; the only list of them. */
export const VARIABLES: Readonly<Record<string, Variable> & NamedVariables> = Object.freeze({
  ...NAMED,
  ...LIMITS,
  ...RATES,
});

export const VARIABLE_NAMES: readonly string[] = Object.freeze(Object.keys(VARIABLES));
