import type { SignedIn } from "../state/signed_in.ts";
import { encryptionOf } from "./encryption_state.ts";

/** Sets up or takes up this browser's device. */
export function start(app: SignedIn): Promise<void> {
  return encryptionOf(app).start();
}
