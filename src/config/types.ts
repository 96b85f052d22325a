import type { Rates } from "../api/rate_limits.ts";
import type { Limits } from "../api/limits.ts";
import type { LogLevel } from "../core/log.ts";
import type { CallsConfig } from "../model/calls.ts";
import type { ContactAudiences } from "../model/contact.ts";
import type { SystemReport } from "../model/system_messages.ts";
import type { OidcProviderConfig } from "./oidc.ts";
import type { ServiceAccount } from "./variables.ts";

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
