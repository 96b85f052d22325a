/** Messages from the service worker to tabs. */
export type WorkerMessage =
  /** Another version of the page is there, of which this is the entry. */
  | { kind: "version"; entry: string }
  /** The person has clicked a notification; `hash` is the address of its subject. */
  | { kind: "open"; hash: string };
