import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { isMailAddress } from "../../core/mail_address.ts";
import { line, text } from "../fields.ts";
import { operation } from "../operation.ts";
import { ProfileView } from "../views/user.ts";

const tag = "Authentication";

export const username = lazy(() =>
  z.string()
    .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{1,30}[A-Za-z0-9])$/, {
      message: "must be 3 to 32 of A-Z a-z 0-9 . _ - and start and end with a letter or digit",
    })
    .meta({ id: "Username" })
);

export const email = lazy(() =>
  z.string().max(254).refine(isMailAddress, "must be an e-mail address")
    .meta({ id: "Email", format: "email", examples: ["ann@example.org"] })
);

export const password = lazy(() =>
  text({ min: 8, max: 256 }).meta({
    id: "Password",
    description: "8 to 256 characters, every byte of which counts",
  })
);

export const SignedIn = lazy(() =>
  z.object({
    user: ProfileView(),
    accessToken: z.string(),
    refreshToken: z.string().describe(
      "Works once; repeated within 30 s it gives the same pair, later reuse ends the session",
    ),
    expiresIn: z.int().describe("Seconds until the access token expires"),
    deviceToken: z.string().describe(
      "To be kept and given with the next sign-in on this device: strangers' wrong passwords then do " +
        "not shut it out. It opens nothing",
    ),
  }).meta({ id: "SignedIn" })
);

export const TwoFactorChallenge = lazy(() =>
  z.object({
    twoFactorRequired: z.literal(true),
    challenge: z.string().describe("To be given with the code to /auth/2fa/verify"),
  }).meta({ id: "TwoFactorChallenge" })
);

export const SignInResult = lazy(() =>
  z.union([SignedIn(), TwoFactorChallenge()]).meta({
    id: "SignInResult",
    description: "Tokens, or a challenge where the account has a second factor",
  })
);

export const register = operation({
  name: "auth.register",
  summary: "Open an account",
  tag,
  access: "public",
  limit: "register",
  input: () =>
    z.strictObject({
      username: username(),
      email: email(),
      password: password(),
      displayName: line({ max: 100 }).optional(),
      deviceName: line({ max: 100 }).optional(),
    }),
  output: SignedIn,
  rest: { method: "POST", path: "/auth/register", status: 201 },
  errors: ["conflict", "forbidden"],
});

export const login = operation({
  name: "auth.login",
  summary: "Sign in",
  tag,
  access: "public",
  limit: "login",
  input: () =>
    z.strictObject({
      identifier: line({ max: 254 }).describe("Username or e-mail address"),
      password: z.string().min(1).max(1024),
      deviceName: line({ max: 100 }).optional(),
      deviceToken: z.string().min(1).max(4096).optional().describe(
        "The token of an earlier sign-in on this device; one of another account is ignored",
      ),
    }),
  output: SignInResult,
  rest: { method: "POST", path: "/auth/login" },
  errors: ["unauthenticated", "account_suspended", "rate_limited"],
});

export const refreshToken = operation({
  name: "auth.refresh",
  summary: "Exchange a refresh token for a new pair",
  tag,
  access: "public",
  limit: "refresh",
  input: () => z.strictObject({ refreshToken: z.string().min(1).max(4096) }),
  output: () => SignedIn().omit({ user: true, deviceToken: true }).meta({ id: "TokenPair" }),
  rest: { method: "POST", path: "/auth/refresh-token" },
  errors: ["unauthenticated", "token_expired"],
});

export const logout = operation({
  name: "auth.logout",
  summary: "End this session and close its sockets",
  tag,
  access: "session",
  limit: "write",
  input: () => z.strictObject({}),
  output: null,
  rest: { method: "POST", path: "/auth/logout", status: 204 },
});
