import { createPrivateKey } from "node:crypto";
import type { ConfigFault } from "./fault.ts";
import { listOf, matching, parsed, secret, type Variable, variable, words } from "./variable.ts";

/** An OpenID Connect provider of the operator's choice. */
export interface OidcProviderConfig {
  /** Name in URLs and in stored identities. */
  readonly name: string;
  /** Name that people read. */
  readonly title: string;
  readonly issuer: string;
  /** The web client; further clients whose tokens are accepted follow after commas. */
  readonly clientId: string;
  /** Null for a client that authenticates by PKCE alone, or by `key`. */
  readonly clientSecret: string | null;
  /** Key that signs the client's secret, as Apple requires. */
  readonly key: { readonly teamId: string; readonly keyId: string; readonly pem: string } | null;
  readonly scopes: string;
  /** True if the provider sends people back by a form, as Apple does. */
  readonly formPost: boolean;
}

const NAME = /^[a-z][a-z0-9]{0,31}$/;
/** Ways to sign in that have other names already. */
const RESERVED = ["google", "facebook", "password"];
const MAX_PROVIDERS = 20;

export const PROVIDER_LIST = variable(
  "names of a-z and 0-9 (not google or facebook) separated by commas, such as apple,acme",
  parsed((text) => {
    const names = [...new Set(listOf(text))];
    const isValid = names.every((name) => NAME.test(name) && !RESERVED.includes(name));
    return isValid && names.length <= MAX_PROVIDERS ? names : null;
  }),
);

const issuer = parsed((text) => {
  if (!URL.canParse(text)) return null;
  const { protocol, hostname, search, hash } = new URL(text);
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  const isAllowed = protocol === "https:" || protocol === "http:" && isLocal;
  return isAllowed && search === "" && hash === "" ? text.replace(/\/+$/, "") : null;
});

/**
 * Parses a P-256 private key in PEM; variables often contain `\n` where the file has a line break.
 */
function parseKey(text: string): string | null {
  const pem = text.replaceAll("\\n", "\n");
  try {
    const { asymmetricKeyDetails } = createPrivateKey(pem);
    return asymmetricKeyDetails?.namedCurve === "prime256v1" ? pem : null;
  } catch {
    return null;
  }
}

/** Variables of one provider, by what follows `OIDC_<NAME>_`. */
const PARTS = {
  ISSUER: variable("the https URL of the issuer, such as https://login.example.com", issuer),
  CLIENT_ID: variable("the id of the client at the provider", words),
  CLIENT_SECRET: secret("the secret of the client", words),
  SCOPES: variable(
    "scopes with openid among them, such as: openid email profile",
    matching(/^(?=(.* )?openid( |$))[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/),
  ),
  NAME: variable("a name of 1 to 40 characters for people to read", matching(/^.{1,40}$/)),
  TEAM_ID: variable("the id of the team at Apple", matching(/^[A-Z0-9]{10}$/)),
  KEY_ID: variable("the id of the key at Apple", matching(/^[A-Z0-9]{10}$/)),
  PRIVATE_KEY: secret("the key that Apple gave as a .p8 file, in PEM", parsed(parseKey)),
};

type Part = keyof typeof PARTS;

const KEY_PARTS: readonly Part[] = ["TEAM_ID", "KEY_ID", "PRIVATE_KEY"];

const APPLE = {
  title: "Apple",
  issuer: "https://appleid.apple.com",
  scopes: "openid email name",
};

const VARIABLE = new RegExp(`^OIDC_([A-Z][A-Z0-9]{0,31})_(${Object.keys(PARTS).join("|")})$`);

/** True if the variable is one of a provider, configured or not. */
export function isOidcVariable(name: string): boolean {
  return VARIABLE.test(name);
}

const nameOf = (provider: string, part: Part) => `OIDC_${provider.toUpperCase()}_${part}`;

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of the providers that OIDC_PROVIDERS names. */
export function oidcVariables({ OIDC_PROVIDERS = "" }: Environment): Record<string, Variable> {
  const providers = listOf(OIDC_PROVIDERS).filter((name) => NAME.test(name)).slice(
    0,
    MAX_PROVIDERS,
  );
  return Object.fromEntries(
    providers.flatMap((provider) =>
      Object.entries<Variable>(PARTS).map(([part, spec]) => [nameOf(provider, part as Part), spec])
    ),
  );
}

/** Refuses providers that are configured by half. */
export function checkOidc(
  providers: readonly string[],
  environment: Environment,
  faults: ConfigFault[],
): void {
  const isSet = (name: string) => Boolean(environment[name]?.trim());
  const refuse = (variable: string, accepted: string) =>
    faults.push({ variable, given: null, accepted });
  for (const provider of providers) {
    const isApple = provider === "apple";
    const required: Part[] = isApple ? ["CLIENT_ID", ...KEY_PARTS] : ["ISSUER", "CLIENT_ID"];
    for (const part of required) {
      const name = nameOf(provider, part);
      if (!isSet(name)) refuse(name, `set, since OIDC_PROVIDERS names ${provider}`);
    }
    for (const part of isApple ? ["CLIENT_SECRET"] as const : KEY_PARTS) {
      const name = nameOf(provider, part);
      if (!isSet(name)) continue;
      refuse(
        name,
        isApple
          ? "left out: Apple's secret is made from OIDC_APPLE_PRIVATE_KEY"
          : "left out: only the secret of apple is made from a key",
      );
    }
  }
  for (const name of Object.keys(environment).filter(isSet)) {
    const provider = VARIABLE.exec(name)?.[1].toLowerCase();
    if (provider === undefined || providers.includes(provider)) continue;
    refuse("OIDC_PROVIDERS", `a list with ${provider}, since ${name} is set`);
    return;
  }
}

/** Returns the configured providers; `values` are those of valid variables. */
export function oidcProvidersOf(
  providers: readonly string[],
  values: Readonly<Record<string, unknown>>,
): OidcProviderConfig[] {
  return providers.map((name) => {
    const part = (part: Part) => values[nameOf(name, part)] as string | undefined;
    const isApple = name === "apple";
    const preset = isApple ? APPLE : undefined;
    return {
      name,
      title: part("NAME") ?? preset?.title ?? name[0].toUpperCase() + name.slice(1),
      issuer: part("ISSUER") ?? preset?.issuer!,
      clientId: part("CLIENT_ID")!,
      clientSecret: part("CLIENT_SECRET") ?? null,
      key: isApple
        ? { teamId: part("TEAM_ID")!, keyId: part("KEY_ID")!, pem: part("PRIVATE_KEY")! }
        : null,
      scopes: part("SCOPES") ?? preset?.scopes ?? "openid email profile",
      formPost: isApple,
    };
  });
}
