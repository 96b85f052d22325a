import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { flag } from "../fields.ts";
import { operation } from "../operation.ts";
import { SignedIn } from "./auth.ts";

const tag = "Second factor";

const code = lazy(() =>
  z.string().min(6).max(64).describe(
    "Six digits from the authenticator, or a recovery code",
  )
);

export const RecoveryCodes = lazy(() =>
  z.object({
    recoveryCodes: z.array(z.string()).describe("Each works once; they are shown this once"),
  }).meta({ id: "RecoveryCodes" })
);

export const enableSecondFactor = operation({
  name: "secondFactor.enable",
  summary: "Begin to set up a second factor; it holds once /auth/2fa/verify has seen a code",
  tag,
  access: "session",
  limit: "second_factor",
  input: () => z.strictObject({}),
  output: () =>
    z.strictObject({
      secret: z.string().describe("Base32"),
      otpauthUrl: z.string(),
      qrSvg: z.string().describe("The URI as a QR code, an SVG document"),
    }),
  rest: { method: "POST", path: "/auth/2fa/enable" },
  errors: ["conflict", "reauthentication_required"],
});

export const verifySecondFactor = operation({
  name: "secondFactor.verify",
  summary: "Finish signing in (with the challenge), or finish setting up (without)",
  tag,
  access: "public",
  optionalSession: true,
  limit: "second_factor",
  input: () =>
    z.strictObject({
      challenge: z.string().min(1).max(200).optional().describe(
        "The challenge that /auth/login returned",
      ),
      code: code(),
    }),
  output: () => z.union([SignedIn(), RecoveryCodes()]),
  rest: { method: "POST", path: "/auth/2fa/verify" },
  errors: ["unauthenticated", "conflict", "account_suspended"],
});

export const disableSecondFactor = operation({
  name: "secondFactor.disable",
  summary: "Turn the second factor off",
  tag,
  access: "session",
  limit: "second_factor",
  input: () => z.strictObject({ code: code() }),
  output: null,
  rest: { method: "POST", path: "/auth/2fa/disable", status: 204 },
  errors: ["unauthenticated", "conflict", "reauthentication_required"],
});

export const renewRecoveryCodes = operation({
  name: "secondFactor.renewCodes",
  summary: "New recovery codes; the old ones no longer work",
  tag,
  access: "session",
  limit: "second_factor",
  input: () => z.strictObject({ code: code() }),
  output: RecoveryCodes,
  rest: { method: "POST", path: "/auth/2fa/recovery-codes" },
  errors: ["unauthenticated", "conflict", "reauthentication_required"],
});

export const getSecondFactor = operation({
  name: "secondFactor.get",
  summary: "Whether the second factor is on, and how many recovery codes are left",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({}),
  output: () => z.strictObject({ enabled: flag, recoveryCodesLeft: z.int() }),
  rest: { method: "GET", path: "/auth/2fa" },
});
