import type { Environment, Values } from "./environment.ts";
import type { ConfigFault } from "./fault.ts";
import { checkOidc } from "./oidc.ts";

/**
 * Checks the rules between variables. Each variable is valid by itself here, or already has a
 * fault.
 */
export function checkTogether(
  values: Values,
  environment: Environment,
  faults: ConfigFault[],
): void {
  const isSet = (name: string) => Boolean(environment[name]?.trim());
  const missing = (variable: string, accepted: string) => {
    if (!isSet(variable)) faults.push({ variable, given: null, accepted });
  };
  const together = (names: string[], needed: string[]) => {
    const first = names.find(isSet);
    if (first) { for (const name of needed) missing(name, `set, since ${first} is`); }
  };

  together(["GOOGLE_CLIENT_SECRET"], ["GOOGLE_CLIENT_ID"]);
  together(["FACEBOOK_APP_ID", "FACEBOOK_APP_SECRET"], ["FACEBOOK_APP_ID", "FACEBOOK_APP_SECRET"]);
  const providers = values.OIDC_PROVIDERS ?? (isSet("OIDC_PROVIDERS") ? null : []);
  if (providers !== null) checkOidc(providers, environment, faults);
  const s3 = ["AWS_BUCKET_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
  together([...s3, "AWS_ENDPOINT_URL", "AWS_PUBLIC_ENDPOINT_URL"], s3);
  together(["VAPID_PUBLIC_KEY", "VAPID_PRIVATE_KEY"], ["VAPID_PUBLIC_KEY", "VAPID_PRIVATE_KEY"]);
  // Links in mails start with PUBLIC_URL, and a request does not say where they should lead.
  together(["SMTP_URL"], ["MAIL_FROM", "PUBLIC_URL"]);
  together(["DENO_KV_URL"], ["DENO_KV_ACCESS_TOKEN"]);
  const hook = ["MESSAGE_HOOK_URL", "MESSAGE_HOOK_SECRET"];
  together(hook, hook);
  together(["ENCRYPTION_KEY_PREVIOUS"], ["ENCRYPTION_KEY"]);
  const own = ["AUTH_JWKS_URL", "AUTH_JWT_SECRET"];
  together([...own, "AUTH_CLAIM_USER"], ["AUTH_ISSUER", "AUTH_AUDIENCE"]);
  if (!own.some(isSet)) {
    together(["AUTH_ISSUER", "AUTH_AUDIENCE"], ["AUTH_JWKS_URL"]);
  }
  const refuse = (variable: string, accepted: string) => {
    faults.push({ variable, given: null, accepted });
  };
  if (own.every(isSet)) refuse("AUTH_JWT_SECRET", "left out, since AUTH_JWKS_URL is set");
  if (values.AUTH_ISSUER === "realtimechat") {
    refuse("AUTH_ISSUER", "another name than this server's own, realtimechat");
  }
  const ours = [values.JWT_SECRET, values.JWT_REFRESH_SECRET];
  if (values.AUTH_JWT_SECRET !== undefined && ours.includes(values.AUTH_JWT_SECRET)) {
    refuse("AUTH_JWT_SECRET", "another secret than JWT_SECRET and JWT_REFRESH_SECRET");
  }
  together(["JWT_SECRET_PREVIOUS"], ["JWT_SECRET"]);
  together(["JWT_REFRESH_SECRET_PREVIOUS"], ["JWT_REFRESH_SECRET"]);
  const livekit = ["LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"];
  together(livekit, livekit);
  together(["TURN_URLS", "TURN_SECRET"], ["TURN_URLS", "TURN_SECRET"]);
  if (values.BROKER === "mongo") {
    missing("MONGODB_URI", "set, since BROKER is mongo");
  }
  if (values.JWT_SECRET !== undefined && values.JWT_SECRET === values.JWT_REFRESH_SECRET) {
    faults.push({
      variable: "JWT_REFRESH_SECRET",
      given: null,
      accepted:
        "another secret than JWT_SECRET, so that one kind of token never passes as the other",
    });
  }
  if (isSet("DENO_DEPLOYMENT_ID")) {
    missing("MONGODB_URI", "set on Deno Deploy, where no disk is shared or kept");
    if (!s3.some(isSet)) {
      missing("AWS_BUCKET_NAME", "set on Deno Deploy, where no disk is there for uploads");
    }
  }
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
