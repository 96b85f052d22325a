import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Caller } from "../model/caller.ts";

/**
 * Anyone who finds an unlocked telephone has a live session, but neither password nor
 * authenticator. Changing credentials therefore requires a recent proof of identity.
 */
export class StepUp {
  constructor(private readonly clock: Clock, private readonly windowMs: number) {}

  /** `action` reads like "Cannot change the password". */
  require(caller: Caller, action: string): void {
    if (caller.authenticatedAt + this.windowMs > this.clock.now()) return;
    throw new AppError(
      "reauthentication_required",
      `${action}: prove your identity first, by /api/auth/reauthenticate`,
    );
  }
}
