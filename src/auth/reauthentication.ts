import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Caller } from "../model/caller.ts";
import type { ProviderName } from "../model/identity.ts";
import type { Store } from "../store/store.ts";
import { sessionName } from "./brute_force_guard.ts";
import type { ProviderProof } from "./providers/proofs.ts";
import type { ProviderSignIn } from "./providers/sign_in.ts";
import type { SecondFactor } from "./second_factor.ts";
import type { Sessions } from "./sessions.ts";
import type { SignIn } from "./sign_in.ts";

export type IdentityProof = Pick<ProviderProof, "idToken" | "nonce" | "state"> & {
  password?: string;
  /** Code of the second factor. */
  code?: string;
  provider?: ProviderName;
};

/** Proves the caller's identity again, so that the session may change credentials for a while. */
export class Reauthentication {
  constructor(
    private readonly services: {
      store: Pick<Store, "users">;
      signIn: SignIn;
      secondFactor: SecondFactor;
      providerSignIn: ProviderSignIn;
      sessions: Sessions;
      clock: Clock;
    },
  ) {}

  /** Returns the time of the proof, in epoch milliseconds. */
  async prove(caller: Caller, proof: IdentityProof): Promise<number> {
    const { signIn, providerSignIn, sessions, clock } = this.services;
    const { password, code, provider, ...providerProof } = proof;
    if (password !== undefined) await signIn.provePassword(caller, password);
    else if (code !== undefined) await this.#checkCode(caller, code);
    else await providerSignIn.prove(caller, provider!, providerProof);
    await sessions.proved(caller.sessionId);
    return clock.now();
  }

  async #checkCode(caller: Caller, code: string): Promise<void> {
    const { store, secondFactor } = this.services;
    const user = await store.users.byId(caller.userId);
    if (!user || !secondFactor.isOn(user)) {
      throw new AppError("conflict", "Cannot prove identity: the account has no second factor");
    }
    await secondFactor.check(user, code, caller, sessionName(caller));
  }
}
