import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { SignedIn } from "../state/signed_in.ts";

export const AppContext = createContext<SignedIn | null>(null);

/** Everything about the person who is signed in; only for what is shown of them. */
export function useApp(): SignedIn {
  return useContext(AppContext)!;
}
