import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { timestamp } from "../fields.ts";
import { operation } from "../operation.ts";
import { ProfileView } from "../views/user.ts";
import { email, password, username } from "./auth.ts";
import { provider } from "./providers.ts";

const tag = "Credentials";
const present = lazy(() => z.string().min(1).max(1024));
const link = lazy(() =>
  z.strictObject({
    token: z.string().min(1).max(200).describe("From the link in the mail"),
  })
);
const accepted = lazy(() =>
  z.strictObject({ accepted: z.literal(true) }).meta({
    id: "Accepted",
    description: "Says nothing about whether there is such an account",
  })
);

export const reauthenticate = operation({
  name: "auth.reauthenticate",
  summary: "Prove identity again, for what changes credentials",
  tag,
  access: "session",
  limit: "login",
  input: () =>
    z.strictObject({
      password: present().optional(),
      code: z.string().min(6).max(64).optional().describe("A code of the second factor"),
      provider: provider().optional(),
      idToken: z.string().min(1).max(8192).optional().describe("Of a linked provider; recent"),
      nonce: z.string().min(1).max(256).optional(),
      state: z.string().min(1).max(200).optional(),
    }).refine(
      ({ password, code, provider, idToken }) =>
        [password, code, provider].filter((proof) => proof !== undefined).length === 1 &&
        (provider === undefined) === (idToken === undefined),
      "must have one of password, code, or provider with idToken",
    ),
  forms: {
    ReauthenticateByPassword: {
      requires: ["password"],
      excludes: ["code", "provider", "idToken", "nonce", "state"],
    },
    ReauthenticateByCode: {
      requires: ["code"],
      excludes: ["password", "provider", "idToken", "nonce", "state"],
    },
    ReauthenticateByProvider: {
      requires: ["provider", "idToken"],
      excludes: ["password", "code"],
    },
  },
  output: () => z.strictObject({ authenticatedAt: timestamp }),
  rest: { method: "POST", path: "/auth/reauthenticate" },
  errors: ["unauthenticated", "conflict"],
});

export const changePassword = operation({
  name: "auth.changePassword",
  summary: "Change, or set, the password; all other sessions end",
  tag,
  access: "session",
  limit: "login",
  input: () =>
    z.strictObject({
      currentPassword: present().optional().describe("Needed unless identity was proved recently"),
      newPassword: password(),
    }),
  output: null,
  rest: { method: "PUT", path: "/auth/password", status: 204 },
  errors: ["unauthenticated", "reauthentication_required"],
});

export const forgotPassword = operation({
  name: "auth.forgotPassword",
  summary: "Ask for a link by which to choose a new password",
  tag,
  access: "public",
  limit: "reset",
  input: () => z.strictObject({ email: email() }),
  output: accepted,
  rest: { method: "POST", path: "/auth/password/forgot", status: 202 },
});

export const resetPassword = operation({
  name: "auth.resetPassword",
  summary: "Choose a new password; all sessions end",
  tag,
  access: "public",
  limit: "reset",
  input: () => link().extend({ password: password() }),
  output: null,
  rest: { method: "POST", path: "/auth/password/reset", status: 204 },
});

export const askVerification = operation({
  name: "auth.askVerification",
  summary: "Send the link that confirms the caller's e-mail address again",
  tag,
  access: "session",
  limit: "reset",
  input: () => z.strictObject({}),
  output: accepted,
  rest: { method: "POST", path: "/auth/email/verification", status: 202 },
});

export const verifyEmail = operation({
  name: "auth.verifyEmail",
  summary: "Confirm an e-mail address, in a session of the account, with its password or a new one",
  tag,
  access: "public",
  optionalSession: true,
  limit: "reset",
  input: () =>
    link().extend({
      password: present().optional().describe("Of the account; needed without a session of it"),
      newPassword: password().optional().describe(
        "Takes the account over: all sessions, providers, devices and the second factor end",
      ),
    }).refine(
      ({ password, newPassword }) => password === undefined || newPassword === undefined,
      "must have password or newPassword, not both",
    ),
  forms: {
    EmailVerification: { requires: [], excludes: ["newPassword"] },
    EmailTakeover: { requires: ["newPassword"], excludes: ["password"] },
  },
  output: null,
  rest: { method: "POST", path: "/auth/email/verify", status: 204 },
  errors: ["unauthenticated"],
});

export const changeEmail = operation({
  name: "auth.changeEmail",
  summary: "Ask to change the e-mail address; it changes once the new one is confirmed",
  tag,
  access: "session",
  limit: "reset",
  input: () => z.strictObject({ email: email() }),
  output: accepted,
  rest: { method: "PUT", path: "/auth/email", status: 202 },
  errors: ["conflict", "reauthentication_required"],
});

export const confirmEmailChange = operation({
  name: "auth.confirmEmailChange",
  summary: "Confirm the new e-mail address, in a session of the account or with its password",
  tag,
  access: "public",
  optionalSession: true,
  limit: "reset",
  input: () =>
    link().extend({
      password: present().optional().describe("Of the account; needed without a session of it"),
    }),
  output: null,
  rest: { method: "POST", path: "/auth/email/change", status: 204 },
  errors: ["conflict", "unauthenticated"],
});

export const undoEmailChange = operation({
  name: "auth.undoEmailChange",
  summary: "Put the e-mail address of before back, with a new password; all sessions end",
  tag,
  access: "public",
  limit: "reset",
  input: () => link().extend({ password: password() }),
  output: null,
  rest: { method: "POST", path: "/auth/email/undo", status: 204 },
  errors: ["conflict"],
});

export const changeUsername = operation({
  name: "auth.changeUsername",
  summary: "Change the username",
  tag,
  access: "session",
  limit: "reset",
  input: () => z.strictObject({ username: username() }),
  output: ProfileView,
  rest: { method: "PUT", path: "/auth/username" },
  errors: ["conflict", "reauthentication_required"],
});
