import assert from "node:assert/strict";
import { generate } from "otplib";
import type { Account, AccountWorld } from "./account_world.ts";

/** A person's second factor, as the authenticator app and the person's notes have it. */
export interface EnabledSecondFactor {
  /** Returns the code that the app shows at the world's time. */
  codeNow(): Promise<string>;
  /** The code that set up the second factor: it is used. */
  setupCode: string;
  recoveryCodes: string[];
  /** Response of the setup. */
  begun: { secret: string; otpauthUrl: string; qrSvg: string };
}

export async function enableSecondFactor(
  world: AccountWorld,
  { token }: Account,
): Promise<EnabledSecondFactor> {
  const begun = await world.send("POST", "/api/auth/2fa/enable", {}, { token });
  assert.equal(begun.status, 200, JSON.stringify(begun.body));
  const { secret } = begun.body;
  const codeNow = () => generate({ secret, epoch: Math.floor(world.now() / 1000) });
  const code = await codeNow();
  const done = await world.send("POST", "/api/auth/2fa/verify", { code }, { token });
  assert.equal(done.status, 200, JSON.stringify(done.body));
  const { recoveryCodes } = done.body;
  return { codeNow, setupCode: code, recoveryCodes, begun: begun.body };
}
