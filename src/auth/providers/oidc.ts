import { importPKCS8, type JWTPayload, SignJWT } from "jose";
import { z } from "zod";
import type { Clock } from "../../core/clock.ts";
import { AppError } from "../../core/errors.ts";
import { lazy } from "../../core/lazy.ts";
import { ProviderHttp } from "./http.ts";
import type {
  AuthorizationRequest,
  CodeExchange,
  IdentityProvider,
  ProviderIdentity,
} from "./identity_provider.ts";
import { OidcIssuer } from "./oidc_issuer.ts";

export interface OidcOptions {
  name: string;
  title: string;
  issuer: string;
  /** The web client; further clients whose tokens are accepted follow after commas. */
  clientId: string;
  clientSecret: string | null;
  key: { teamId: string; keyId: string; pem: string } | null;
  scopes: string;
  formPost: boolean;
  clock: Clock;
}

/** Lifetime of a secret that is made for one request. */
const SECRET_S = 300;

const TokenAnswer = lazy(() =>
  z.object({ id_token: z.string(), access_token: z.string().optional() })
);

/** Longest address that an account here can have. */
const MAX_EMAIL = 254;

type Person = JWTPayload & { sub: string };

/**
 * Any provider of OpenID Connect Core 1.0 that publishes its configuration (Discovery 1.0): the
 * authorization code flow with PKCE, and ID tokens of the provider's own SDKs.
 */
export class OidcProvider implements IdentityProvider {
  readonly name: string;
  readonly title: string;
  readonly #clientIds: string[];
  readonly #http: ProviderHttp;
  readonly #issuer: OidcIssuer;

  constructor(private readonly options: OidcOptions) {
    const { name, title, issuer, clock } = options;
    this.name = name;
    this.title = title;
    this.#http = new ProviderHttp(title);
    this.#clientIds = options.clientId.split(",").map((id) => id.trim()).filter(Boolean);
    this.#issuer = new OidcIssuer({
      name: title,
      configurationUrl: `${issuer}/.well-known/openid-configuration`,
      // Some issuers end with a slash, which the configuration does not keep.
      issuers: [issuer, `${issuer}/`],
      clientIds: this.#clientIds,
      http: this.#http,
      clock,
    });
  }

  authorizationUrl(request: AuthorizationRequest): Promise<string> {
    const { scopes, formPost } = this.options;
    const more: Record<string, string> = formPost ? { response_mode: "form_post" } : {};
    return this.#issuer.authorizationUrl(request, this.#clientIds[0], scopes, more);
  }

  async fromIdToken(idToken: string, nonce: string | null): Promise<ProviderIdentity> {
    return this.#identityOf(await this.#issuer.verify(idToken, nonce));
  }

  async fromCode(exchange: CodeExchange): Promise<ProviderIdentity> {
    await this.#checkResponseIssuer(exchange.issuer);
    const { id_token, access_token } = await this.#exchange(exchange);
    const person = await this.#issuer.verify(id_token, exchange.nonce, access_token);
    if (person.email !== undefined || access_token === undefined) return this.#identityOf(person);
    return this.#identityOf({ ...person, ...await this.#userInfo(access_token, person) });
  }

  close(): void {
    this.#http.close();
  }

  /**
   * RFC 9207: without this check, one provider could have a code of another one brought here as its
   * own, and receive it.
   */
  async #checkResponseIssuer(issuer: string | null): Promise<void> {
    const discovery = await this.#issuer.discovery();
    const isRequired = discovery.authorization_response_iss_parameter_supported === true;
    if (issuer === null ? !isRequired : issuer === discovery.issuer) return;
    throw this.#refused(
      issuer === null
        ? 'the response of the provider had an "iss", which must be given'
        : "it is of another issuer",
    );
  }

  async #exchange({ code, codeVerifier, redirectUri }: CodeExchange) {
    const { token_endpoint } = await this.#issuer.discovery();
    if (!token_endpoint) {
      const message = `Cannot use ${this.title}'s configuration: it has no token endpoint`;
      throw new AppError("unavailable", message);
    }
    const { headers, fields } = await this.#clientAuthentication();
    const { ok, body } = await this.#http.ask(token_endpoint, {
      method: "POST",
      headers,
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code,
        code_verifier: codeVerifier,
        redirect_uri: redirectUri,
        ...fields,
      }),
    });
    const answer = TokenAnswer().safeParse(body);
    if (ok && answer.success) return answer.data;
    throw this.#refused("the provider refused it");
  }

  /** RFC 6749, section 2.3.1; `client_secret_basic` is what providers take that name no method. */
  async #clientAuthentication(): Promise<{
    headers: Record<string, string>;
    fields: Record<string, string>;
  }> {
    const { token_endpoint_auth_methods_supported: methods } = await this.#issuer.discovery();
    const id = this.#clientIds[0];
    const secret = await this.#secret();
    if (secret === null) return { headers: {}, fields: { client_id: id } };
    if (methods?.includes("client_secret_post")) {
      return { headers: {}, fields: { client_id: id, client_secret: secret } };
    }
    const credentials = btoa(`${formEncoded(id)}:${formEncoded(secret)}`);
    return { headers: { authorization: `Basic ${credentials}` }, fields: {} };
  }

  /** https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret */
  async #secret(): Promise<string | null> {
    const { key, clientSecret, issuer, clock } = this.options;
    if (key === null) return clientSecret;
    const now = Math.floor(clock.now() / 1000);
    return await new SignJWT({})
      .setProtectedHeader({ alg: "ES256", kid: key.keyId })
      .setIssuer(key.teamId)
      .setSubject(this.#clientIds[0])
      .setAudience(issuer)
      .setIssuedAt(now)
      .setExpirationTime(now + SECRET_S)
      .sign(await importPKCS8(key.pem, "ES256"));
  }

  /**
   * OpenID Connect Core, section 5.3: where a provider may put what the ID token lacks. The claims
   * are ignored as another person's unless the subject is the token's.
   */
  async #userInfo(accessToken: string, { sub, name }: Person): Promise<Partial<Person>> {
    const { userinfo_endpoint } = await this.#issuer.discovery();
    if (userinfo_endpoint === undefined) return {};
    const headers = { authorization: `Bearer ${accessToken}` };
    const { ok, body } = await this.#http.ask(userinfo_endpoint, { headers });
    const claims = Object(body) as JWTPayload;
    if (!ok || claims.sub !== sub) return {};
    const { email, email_verified } = claims;
    return { email, email_verified, name: name ?? claims.name };
  }

  #identityOf({ sub, email, email_verified, name, iat }: Person): ProviderIdentity {
    return {
      provider: this.name,
      subject: sub,
      email: typeof email === "string" && email.length <= MAX_EMAIL ? email : null,
      // Apple sends a string.
      emailVerified: email_verified === true || email_verified === "true",
      name: typeof name === "string" ? name : null,
      issuedAt: iat! * 1000,
    };
  }

  #refused(reason: string): AppError {
    return new AppError("unauthenticated", `Cannot exchange the ${this.title} code: ${reason}`);
  }
}

function formEncoded(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}
