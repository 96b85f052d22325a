import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { line, page, timestamp } from "../fields.ts";
import { type InputForm, operation } from "../operation.ts";
import { email, SignInResult, username } from "./auth.ts";

const tag = "Providers";

export const provider = lazy(() =>
  z.string().regex(/^[a-z][a-z0-9]{0,31}$/, "must be the name of a provider").meta({
    id: "Provider",
    description:
      "Who vouches for the person: google, facebook or a name that /auth/providers lists",
    examples: ["google"],
  })
);

const redirectUri = lazy(() => z.string().max(2048).pipe(z.url("must be a URL")));

const proofFields = lazy(() => ({
  idToken: z.string().min(1).max(8192).optional().describe("As the provider's SDK gave it"),
  code: z.string().min(1).max(4096).optional().describe("An authorization code"),
  codeVerifier: z.string().regex(
    /^[A-Za-z0-9._~-]{43,128}$/,
    "must be a code verifier as in RFC 7636, section 4.1",
  ).optional(),
  redirectUri: redirectUri().optional().describe("The one that the code was sent to"),
  nonce: z.string().min(1).max(256).optional().describe("What the ID token must carry"),
  state: z.string().min(1).max(200).optional().describe(
    "The state that /auth/oauth/start returned: verifier, nonce and redirectUri are then the server's",
  ),
}));

type Proof = { [Field in keyof ReturnType<typeof proofFields>]?: string };

const complete = (proof: Proof) =>
  (proof.idToken === undefined) !== (proof.code === undefined) &&
  (proof.code === undefined || proof.state !== undefined ||
    (proof.codeVerifier !== undefined && proof.redirectUri !== undefined));

const INCOMPLETE = "must have idToken, or code with state, or code with codeVerifier and " +
  "redirectUri";

/** The forms of a proof. With `state`, the server keeps the parts that belong to the code. */
const proofForms = (action: string, ofCodes: string[] = []): Record<string, InputForm> => ({
  [`${action}ByIdToken`]: {
    requires: ["idToken"],
    excludes: ["code", "codeVerifier", "redirectUri", ...ofCodes],
  },
  [`${action}ByCode`]: {
    requires: ["code", "codeVerifier", "redirectUri"],
    excludes: ["idToken", "state"],
  },
  [`${action}ByState`]: {
    requires: ["code", "state"],
    excludes: ["idToken", "codeVerifier", "redirectUri", "nonce"],
  },
});

const accountFields = lazy(() => ({
  deviceName: line({ max: 100 }).optional(),
  username: username().optional().describe("For a new account; one is made up if left out"),
  email: email().optional().describe("For a new account, if the provider gives none"),
}));

const signInInput = lazy(() =>
  z.strictObject({ ...proofFields(), ...accountFields() }).refine(complete, INCOMPLETE)
);

const iss = lazy(() =>
  z.string().min(1).max(2048).optional().describe(
    "The iss that came with the code (RFC 9207); needed if the provider announces that it sends it",
  )
);

const signInWith = (name: "google" | "facebook", title: string) =>
  operation({
    name: `auth.${name}`,
    summary: `Sign in, or up, with ${title}`,
    tag,
    access: "public",
    limit: "login",
    input: signInInput,
    forms: proofForms("SignIn"),
    output: SignInResult,
    rest: { method: "POST", path: `/auth/${name}` },
    errors: ["unauthenticated", "account_suspended", "conflict", "not_found"],
  });

export const google = signInWith("google", "Google");
export const facebook = signInWith("facebook", "Facebook");

export const oidc = operation({
  name: "auth.oidc",
  summary: "Sign in, or up, with any configured provider",
  tag,
  access: "public",
  limit: "login",
  input: () =>
    z.strictObject({
      provider: provider(),
      ...proofFields(),
      iss: iss(),
      ...accountFields(),
      displayName: line({ max: 100 }).optional().describe(
        "For a new account, if the provider gives no name; Apple gives it to the app only",
      ),
    }).refine(complete, INCOMPLETE),
  forms: proofForms("OidcSignIn", ["iss"]),
  output: SignInResult,
  rest: { method: "POST", path: "/auth/oidc/:provider" },
  errors: ["unauthenticated", "account_suspended", "conflict", "not_found"],
});

export const listProviders = operation({
  name: "auth.providers",
  summary: "The providers that people can sign in with here",
  tag,
  access: "public",
  limit: "read",
  input: () => z.strictObject({}),
  output: () =>
    page(
      z.object({
        provider: provider(),
        name: z.string().describe("To be shown to people"),
      }).meta({ id: "OfferedProvider" }),
    ),
  rest: { method: "GET", path: "/auth/providers" },
});

export const startOAuth = operation({
  name: "auth.oauthStart",
  summary: "Let the server keep state, nonce and PKCE verifier of a sign-in at a provider",
  tag,
  access: "public",
  optionalSession: true,
  limit: "login",
  input: () => z.strictObject({ provider: provider(), redirectUri: redirectUri() }),
  output: () =>
    z.strictObject({
      url: z.string().describe("Where to send the person"),
      state: z.string().describe("To be compared with what comes back; works once"),
    }),
  rest: { method: "POST", path: "/auth/oauth/start" },
  errors: ["not_found"],
});

const IdentityView = lazy(() =>
  z.object({
    provider: provider(),
    email: z.string().nullable(),
    linkedAt: timestamp,
  }).meta({ id: "Identity" })
);

export const listIdentities = operation({
  name: "auth.identities",
  summary: "The providers that are linked to the caller's account",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({}),
  output: () => page(IdentityView()),
  rest: { method: "GET", path: "/auth/identities" },
});

export const linkIdentity = operation({
  name: "auth.link",
  summary: "Link a provider, as another way to sign in",
  tag,
  access: "session",
  limit: "login",
  input: () =>
    z.strictObject({ provider: provider(), ...proofFields(), iss: iss() })
      .refine(complete, INCOMPLETE),
  forms: proofForms("Link", ["iss"]),
  output: null,
  rest: { method: "POST", path: "/auth/identities/:provider", status: 204 },
  errors: ["unauthenticated", "conflict", "not_found", "reauthentication_required"],
});

export const unlinkIdentity = operation({
  name: "auth.unlink",
  summary: "Unlink a provider; never the last way to sign in",
  tag,
  access: "session",
  limit: "write",
  input: () => z.strictObject({ provider: provider() }),
  output: null,
  rest: { method: "DELETE", path: "/auth/identities/:provider", status: 204 },
  errors: ["conflict", "not_found", "reauthentication_required"],
});
