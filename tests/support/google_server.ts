import { OAuth2Server } from "oauth2-mock-server";

export const GOOGLE_CLIENT_ID = "web-client.apps.googleusercontent.com";

/** Claims about the person in Google's ID token. */
export interface GooglePerson {
  sub: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
}

type Payload = Record<string, unknown>;

/** A real OpenID provider on this machine, in place of accounts.google.com. */
export class GoogleServer implements AsyncDisposable {
  /** The person that signs in at the authorization endpoint. */
  person: GooglePerson = { sub: "nobody" };

  private constructor(private readonly server: OAuth2Server) {}

  static async start(): Promise<GoogleServer> {
    const server = new OAuth2Server();
    await server.issuer.keys.generate("RS256");
    await server.start(0, "127.0.0.1");
    const google = new GoogleServer(server);
    server.service.on("beforeTokenSigning", ({ payload }: { payload: Payload }) => {
      Object.assign(payload, google.person, { aud: GOOGLE_CLIENT_ID });
    });
    return google;
  }

  get env(): Record<string, string> {
    return {
      GOOGLE_CLIENT_ID,
      GOOGLE_CLIENT_SECRET: "secret-of-the-tests",
      GOOGLE_ISSUER: this.server.issuer.url!,
    };
  }

  /** Returns an ID token as an app's SDK gets it; `claims` override the usual ones. */
  idToken(person: GooglePerson, claims: Payload = {}, expiresIn = 3600): Promise<string> {
    return this.server.issuer.buildToken({
      expiresIn,
      scopesOrTransform: (_header, payload) => {
        Object.assign(payload, { aud: GOOGLE_CLIENT_ID, azp: GOOGLE_CLIENT_ID }, person, claims);
      },
    });
  }

  /** Signs `person` in at the URL that an app opens; returns the parameters of the redirect URI. */
  async authorize(url: string, person: GooglePerson): Promise<{ code: string; state: string }> {
    this.person = person;
    const response = await fetch(url, { redirect: "manual" });
    await response.body?.cancel();
    const { searchParams } = new URL(response.headers.get("location")!);
    return { code: searchParams.get("code")!, state: searchParams.get("state")! };
  }

  authorizationUrl(query: Record<string, string>): string {
    return `${this.server.issuer.url}/authorize?${new URLSearchParams(query)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
  }
}
