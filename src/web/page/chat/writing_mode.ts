import type { LocalMessage } from "../../../client/mod.ts";

/** Message that the composer replies to or changes; null for a new message. */
export type WritingMode = { kind: "reply" | "edit"; message: LocalMessage } | null;
