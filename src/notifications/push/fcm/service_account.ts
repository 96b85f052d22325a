import { createPrivateKey } from "node:crypto";
import { importPKCS8, SignJWT } from "jose";
import { z } from "zod";

/** Google's limit for an assertion's lifetime. */
const ASSERTION_SECONDS = 3600;

const shape = z.object({
  type: z.literal("service_account"),
  project_id: z.string().regex(/^[a-z0-9.:-]{1,100}$/),
  private_key_id: z.string().min(1).optional(),
  private_key: z.string().min(1),
  client_email: z.email(),
  token_uri: z.url().refine(isHttpsOrLoopback),
});

/**
 * A Google service account. The private key is a `#field`, so that neither `JSON.stringify` nor the
 * console ever shows it.
 */
export class ServiceAccount {
  readonly projectId: string;
  readonly clientEmail: string;
  readonly tokenUri: string;
  readonly #keyId?: string;
  readonly #pem: string;
  #key?: Promise<CryptoKey>;

  constructor(fields: z.output<typeof shape>) {
    this.projectId = fields.project_id;
    this.clientEmail = fields.client_email;
    this.tokenUri = fields.token_uri;
    this.#keyId = fields.private_key_id;
    this.#pem = fields.private_key;
  }

  /**
   * Returns a signed assertion (RFC 7523) that Google exchanges for an access token with this
   * scope.
   */
  async assertion(scope: string, now: number): Promise<string> {
    this.#key ??= importPKCS8(this.#pem, "RS256");
    const issuedAt = Math.floor(now / 1000);
    return await new SignJWT({ scope })
      .setProtectedHeader({ alg: "RS256", typ: "JWT", ...(this.#keyId && { kid: this.#keyId }) })
      .setIssuer(this.clientEmail)
      .setAudience(this.tokenUri)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + ASSERTION_SECONDS)
      .sign(await this.#key);
  }
}

/**
 * Reads the JSON file that the Firebase console provides, plain or in base64 (for hosts whose
 * variables hold one line). Throws an Error that names the fault and never quotes the input: nearly
 * all of it is secret, and the messages of JSON parsers quote it.
 */
export function parseServiceAccount(text: string): ServiceAccount {
  const parsed = shape.safeParse(parseJson(text.trim()));
  if (!parsed.success) {
    const fields = [
      ...new Set(parsed.error.issues.map(({ path }) => path.join(".") || "the whole")),
    ];
    throw new Error(`The service account is not valid: check ${fields.join(", ")}`);
  }
  // Variables are often set with the two characters "\n" where the file has a line break.
  const private_key = parsed.data.private_key.replaceAll("\\n", "\n");
  if (keyType(private_key) !== "rsa") {
    throw new Error(
      "The service account is not valid: private_key is not an RSA key in PKCS #8 PEM",
    );
  }
  return new ServiceAccount({ ...parsed.data, private_key });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.startsWith("{") ? text : atob(text));
  } catch {
    throw new Error("The service account is not valid: it is neither JSON nor base64 of JSON");
  }
}

function keyType(pem: string): string | undefined {
  if (!pem.includes("-----BEGIN PRIVATE KEY-----")) return undefined;
  try {
    return createPrivateKey(pem).asymmetricKeyType;
  } catch {
    return undefined;
  }
}

/** Allows plain HTTP only to this machine, where an emulator listens. */
function isHttpsOrLoopback(text: string): boolean {
  const url = URL.parse(text);
  if (url?.protocol !== "http:") return url?.protocol === "https:";
  return ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
}
