import type { JWTPayload } from "jose";
import { z } from "zod";
import type { Clock } from "../../core/clock.ts";
import { AppError } from "../../core/errors.ts";
import { lazy } from "../../core/lazy.ts";
import type {
  AuthorizationRequest,
  CodeExchange,
  IdentityProvider,
  ProviderIdentity,
} from "./identity_provider.ts";
import { OidcIssuer } from "./oidc_issuer.ts";
import { ProviderHttp } from "./http.ts";

export interface GoogleOptions {
  /**
   * The web client; further clients whose tokens are accepted (Android, iOS) follow after commas.
   */
  clientId: string;
  clientSecret: string | null;
  issuer: string;
  clock: Clock;
}

const TokenAnswer = lazy(() => z.object({ id_token: z.string() }));

/** https://developers.google.com/identity/openid-connect/openid-connect */
export class GoogleProvider implements IdentityProvider {
  readonly name = "google";
  readonly title = "Google";
  readonly #clientIds: string[];
  readonly #http = new ProviderHttp("Google");
  readonly #issuer: OidcIssuer;

  constructor(private readonly options: GoogleOptions) {
    const { issuer, clock } = options;
    this.#clientIds = options.clientId.split(",").map((id) => id.trim()).filter(Boolean);
    this.#issuer = new OidcIssuer({
      name: "Google",
      configurationUrl: `${issuer}/.well-known/openid-configuration`,
      // Google writes its issuer in both forms.
      issuers: [issuer, issuer.replace(/^https:\/\//, "")],
      clientIds: this.#clientIds,
      http: this.#http,
      clock,
    });
  }

  authorizationUrl(request: AuthorizationRequest): Promise<string> {
    return this.#issuer.authorizationUrl(request, this.#clientIds[0], "openid email profile");
  }

  async fromIdToken(idToken: string, nonce: string | null): Promise<ProviderIdentity> {
    return identityOf(await this.#issuer.verify(idToken, nonce));
  }

  async fromCode({ code, codeVerifier, redirectUri, nonce }: CodeExchange) {
    const { token_endpoint } = await this.#issuer.discovery();
    if (!token_endpoint) {
      throw new AppError(
        "unavailable",
        "Cannot exchange the Google code: Google's configuration has no token endpoint",
      );
    }
    const { clientSecret } = this.options;
    const { ok, body } = await this.#http.ask(token_endpoint, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "authorization_code",
        client_id: this.#clientIds[0],
        ...(clientSecret !== null && { client_secret: clientSecret }),
        code,
        code_verifier: codeVerifier,
        redirect_uri: redirectUri,
      }),
    });
    const answer = TokenAnswer().safeParse(body);
    if (ok && answer.success) return await this.fromIdToken(answer.data.id_token, nonce);
    throw new AppError("unauthenticated", "Cannot exchange the Google code: Google refused it");
  }

  close(): void {
    this.#http.close();
  }
}

function identityOf(payload: JWTPayload & { sub: string }): ProviderIdentity {
  const { sub, email, email_verified, name, iat } = payload;
  return {
    provider: "google",
    subject: sub,
    email: typeof email === "string" ? email : null,
    // A string in some of Google's older responses.
    emailVerified: email_verified === true || email_verified === "true",
    name: typeof name === "string" ? name : null,
    issuedAt: iat! * 1000,
  };
}
