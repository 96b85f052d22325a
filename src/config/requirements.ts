import type { Environment, Values } from "./environment.ts";
import type { ConfigFault } from "./fault.ts";
import { checkOidc } from "./oidc.ts";

const S3 = ["AWS_BUCKET_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
const OWN_TOKENS = ["AUTH_JWKS_URL", "AUTH_JWT_SECRET"];

/** Variables that need others: where one of `names` is set, all of `needed` must be. */
interface SetTogether {
  names: string[];
  needed: string[];
}

const all = (...needed: string[]): SetTogether => ({ names: needed, needed });

const SET_TOGETHER: readonly SetTogether[] = [
  { names: ["GOOGLE_CLIENT_SECRET"], needed: ["GOOGLE_CLIENT_ID"] },
  all("FACEBOOK_APP_ID", "FACEBOOK_APP_SECRET"),
  { names: [...S3, "AWS_ENDPOINT_URL", "AWS_PUBLIC_ENDPOINT_URL"], needed: S3 },
  all("VAPID_PUBLIC_KEY", "VAPID_PRIVATE_KEY"),
  // Links in mails start with PUBLIC_URL, and a request does not say where they should lead.
  { names: ["SMTP_URL"], needed: ["MAIL_FROM", "PUBLIC_URL"] },
  { names: ["DENO_KV_URL"], needed: ["DENO_KV_ACCESS_TOKEN"] },
  all("MESSAGE_HOOK_URL", "MESSAGE_HOOK_SECRET"),
  { names: ["ENCRYPTION_KEY_PREVIOUS"], needed: ["ENCRYPTION_KEY"] },
  { names: [...OWN_TOKENS, "AUTH_CLAIM_USER"], needed: ["AUTH_ISSUER", "AUTH_AUDIENCE"] },
  { names: ["JWT_SECRET_PREVIOUS"], needed: ["JWT_SECRET"] },
  { names: ["JWT_REFRESH_SECRET_PREVIOUS"], needed: ["JWT_REFRESH_SECRET"] },
  all("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"),
  all("TURN_URLS", "TURN_SECRET"),
];

/** The rules between variables. */
class Requirements {
  constructor(
    private readonly values: Values,
    private readonly environment: Environment,
    private readonly faults: ConfigFault[],
  ) {}

  check(): void {
    for (const each of SET_TOGETHER) this.#together(each);
    const { OIDC_PROVIDERS } = this.values;
    const providers = OIDC_PROVIDERS ?? (this.#isSet("OIDC_PROVIDERS") ? null : []);
    if (providers !== null) checkOidc(providers, this.environment, this.faults);
    this.#checkOwnTokens();
    this.#checkOtherSecrets();
    if (this.values.BROKER === "mongo") this.#missing("MONGODB_URI", "set, since BROKER is mongo");
    if (this.#isSet("DENO_DEPLOYMENT_ID")) this.#checkDeploy();
  }

  #checkOwnTokens(): void {
    const { AUTH_ISSUER } = this.values;
    if (!OWN_TOKENS.some((name) => this.#isSet(name))) {
      this.#together({ names: ["AUTH_ISSUER", "AUTH_AUDIENCE"], needed: ["AUTH_JWKS_URL"] });
    }
    if (OWN_TOKENS.every((name) => this.#isSet(name))) {
      this.#refuse("AUTH_JWT_SECRET", "left out, since AUTH_JWKS_URL is set");
    }
    if (AUTH_ISSUER === "realtimechat") {
      this.#refuse("AUTH_ISSUER", "another name than this server's own, realtimechat");
    }
  }

  /** One kind of token must never pass as another. */
  #checkOtherSecrets(): void {
    const { JWT_SECRET, JWT_REFRESH_SECRET, AUTH_JWT_SECRET } = this.values;
    if (
      AUTH_JWT_SECRET !== undefined && [JWT_SECRET, JWT_REFRESH_SECRET].includes(AUTH_JWT_SECRET)
    ) {
      this.#refuse("AUTH_JWT_SECRET", "another secret than JWT_SECRET and JWT_REFRESH_SECRET");
    }
    if (JWT_SECRET !== undefined && JWT_SECRET === JWT_REFRESH_SECRET) {
      const accepted = "another secret than JWT_SECRET, so that one kind of token never passes " +
        "as the other";
      this.#refuse("JWT_REFRESH_SECRET", accepted);
    }
  }

  #checkDeploy(): void {
    this.#missing("MONGODB_URI", "set on Deno Deploy, where no disk is shared or kept");
    if (S3.some((name) => this.#isSet(name))) return;
    this.#missing("AWS_BUCKET_NAME", "set on Deno Deploy, where no disk is there for uploads");
  }

  #together({ names, needed }: SetTogether): void {
    const first = names.find((name) => this.#isSet(name));
    if (first === undefined) return;
    for (const name of needed) this.#missing(name, `set, since ${first} is`);
  }

  #missing(variable: string, accepted: string): void {
    if (!this.#isSet(variable)) this.#refuse(variable, accepted);
  }

  #refuse(variable: string, accepted: string): void {
    this.faults.push({ variable, given: null, accepted });
  }

  #isSet(name: string): boolean {
    return Boolean(this.environment[name]?.trim());
  }
}

/**
 * Checks the rules between variables. Each variable is valid by itself here, or already has a
 * fault.
 */
export function checkTogether(
  values: Values,
  environment: Environment,
  faults: ConfigFault[],
): void {
  new Requirements(values, environment, faults).check();
}

/** Minimum of OWASP's Password Storage Cheat Sheet; lower values are for tests. */
const LEAST_BCRYPT_COST = 10;

/**
 * Requires configured secrets in production: generated ones would differ between instances, and a
 * restart would sign every user out.
 */
export function checkProduction(
  values: Values,
  environment: Environment,
  faults: ConfigFault[],
): void {
  for (const variable of ["JWT_SECRET", "JWT_REFRESH_SECRET"]) {
    if (environment[variable]?.trim()) continue;
    faults.push({ variable, given: null, accepted: "set in production, to at least 32 bytes" });
  }
  const cost = values.BCRYPT_COST;
  if (cost !== undefined && cost < LEAST_BCRYPT_COST) {
    const accepted = `at least ${LEAST_BCRYPT_COST} in production`;
    faults.push({ variable: "BCRYPT_COST", given: String(cost), accepted });
  }
}
