import { signal } from "@preact/signals";
import { ChatError } from "../../../client/mod.ts";

/** The server asks for a recent proof of identity: the dialog for it is open. */
export const wanted = signal<{ resolve(): void; reject(error: unknown): void } | null>(null);

/** Runs what may need a recent proof of identity: asks for the password, and tries again. */
export async function withProof<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isAsked = error instanceof ChatError && error.code === "reauthentication_required";
    if (!isAsked) throw error;
    await new Promise<void>((resolve, reject) => {
      wanted.value = { resolve, reject: () => reject(error) };
    });
    return await work();
  }
}
