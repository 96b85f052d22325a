import { signal } from "@preact/signals";
import type { LocalMessage } from "../../../client/mod.ts";
import type { SignedIn } from "./signed_in.ts";

/** Says what a message of kind "system" reports. */
export type SystemText = (message: LocalMessage, app: SignedIn) => string;

/** Null until its texts are loaded: until then, such a message shows the text that it came with. */
export const systemText = signal<SystemText | null>(null);
