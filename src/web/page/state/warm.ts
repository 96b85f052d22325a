import { signal } from "@preact/signals";

/** The first screen stands, and parts that are needed on a key or later are loaded. */
export const isWarm = signal(false);
