import { createHmac } from "node:crypto";
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

export interface FacebookOptions {
  clientId: string;
  clientSecret: string;
  graphUrl: string;
  issuer: string;
  clock: Clock;
}

const AccessToken = lazy(() => z.object({ access_token: z.string() }));

const DebugToken = lazy(() =>
  z.object({
    data: z.object({ app_id: z.string(), is_valid: z.boolean(), user_id: z.string() }),
  })
);

const Me = lazy(() =>
  z.object({ id: z.string(), name: z.string().optional(), email: z.string().optional() })
);

/**
 * Facebook signs ID tokens for Limited Login
 * (https://developers.facebook.com/docs/facebook-login/limited-login/token). For a code it returns
 * an access token, with which the Graph API returns the person
 * (https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow). Both identify
 * the person by the same app-scoped id.
 *
 * Facebook does not say whether an e-mail address was confirmed, so none counts as confirmed.
 */
export class FacebookProvider implements IdentityProvider {
  readonly name = "facebook";
  readonly title = "Facebook";
  readonly #http = new ProviderHttp("Facebook");
  readonly #issuer: OidcIssuer;

  constructor(private readonly options: FacebookOptions) {
    const { issuer, clientId, clock } = options;
    this.#issuer = new OidcIssuer({
      name: "Facebook",
      configurationUrl: `${issuer}/.well-known/openid-configuration/`,
      issuers: [issuer],
      clientIds: [clientId],
      http: this.#http,
      clock,
    });
  }

  authorizationUrl(request: AuthorizationRequest): Promise<string> {
    return this.#issuer.authorizationUrl(
      request,
      this.options.clientId,
      "openid email public_profile",
    );
  }

  async fromIdToken(idToken: string, nonce: string | null): Promise<ProviderIdentity> {
    const { sub, email, name, iat } = await this.#issuer.verify(idToken, nonce);
    return {
      provider: "facebook",
      subject: sub,
      email: typeof email === "string" ? email : null,
      emailVerified: false,
      name: typeof name === "string" ? name : null,
      issuedAt: iat! * 1000,
    };
  }

  /**
   * Checks the access token before using it: a token of another app would identify another person.
   */
  async fromCode({ code, codeVerifier, redirectUri }: CodeExchange): Promise<ProviderIdentity> {
    const { clientId, clientSecret, clock } = this.options;
    const { access_token } = await this.#graph("oauth/access_token", AccessToken(), {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uri: redirectUri,
      code,
      code_verifier: codeVerifier,
    });
    const { data } = await this.#graph("debug_token", DebugToken(), {
      input_token: access_token,
      access_token: `${clientId}|${clientSecret}`,
    });
    const me = await this.#graph("me", Me(), {
      fields: "id,name,email",
      access_token,
      appsecret_proof: createHmac("sha256", clientSecret).update(access_token).digest("hex"),
    });
    if (!data.is_valid || data.app_id !== clientId || data.user_id !== me.id) throw refused();
    return {
      provider: "facebook",
      subject: me.id,
      email: me.email ?? null,
      emailVerified: false,
      name: me.name ?? null,
      issuedAt: clock.now(),
    };
  }

  close(): void {
    this.#http.close();
  }

  async #graph<T>(path: string, schema: z.ZodType<T>, query: Record<string, string>): Promise<T> {
    const url = `${this.options.graphUrl}/${path}?${new URLSearchParams(query)}`;
    const { ok, body } = await this.#http.ask(url);
    const answer = schema.safeParse(body);
    if (ok && answer.success) return answer.data;
    throw refused();
  }
}

function refused(): AppError {
  return new AppError("unauthenticated", "Cannot exchange the Facebook code: Facebook refused it");
}
