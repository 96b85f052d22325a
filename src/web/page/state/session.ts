import { signal } from "@preact/signals";
import { type KeyStore, memoryKeyStore } from "../../../client/mod.ts";
// By its own name, and at once: the library would load it by a further request.
import { indexedDbDeviceKey, indexedDbStore } from "../../../client/indexed_db_store.ts";
import { DATABASE } from "./database.ts";
import { PageClient } from "./page_client.ts";
import { SignedIn } from "./signed_in.ts";

/** `null`: the sign-in form is shown. `undefined`: it is not known yet which. */
export const signedIn = signal<SignedIn | null | undefined>(undefined);

/** Why the person is back at the sign-in form without having asked for it. */
export const endedBy = signal<"elsewhere" | "expired" | null>(null);

/** True once another tab has signed out: its news and the server's may come in either order. */
let isSignedOutElsewhere = false;

type TabNews = "signedIn" | "signedOut" | "expired";

/** Tells other tabs of this browser that somebody has signed in or out here. */
const tabs = new BroadcastChannel("realtimechat session");
const tellTabs = (news: TabNews) => tabs.postMessage(news);

export interface Storage {
  storage: KeyStore;
  /**
   * Absent where the browser has no Web Crypto: pages without TLS. Encrypted chats do not work
   * there.
   */
  deviceKey?: CryptoKey;
}

let opened: Promise<Storage> | undefined;

/** Some browsers have no database in private windows: then nothing lasts, and all else works. */
export function openStorage(): Promise<Storage> {
  return opened ??= (async () => {
    try {
      const storage = await indexedDbStore(DATABASE);
      const deviceKey = globalThis.isSecureContext ? await indexedDbDeviceKey(DATABASE) : undefined;
      return { storage, deviceKey };
    } catch {
      return { storage: memoryKeyStore() };
    }
  })();
}

/** A client is one person's, so each sign-in begins with a new one. */
export async function newClient(): Promise<PageClient> {
  return new PageClient({ url: location.origin, ...await openStorage() });
}

/** Takes up the session of an earlier visit, if there is one. */
export async function resume(): Promise<void> {
  const client = await newClient();
  void fetchTogether();
  const user = await client.resume();
  signedIn.value = user ? begin(client) : null;
}

/**
 * Parts of the library for a person who is signed in, for which it would ask one after the other.
 */
async function fetchTogether(): Promise<void> {
  try {
    if (!await (await openStorage()).storage.read("session")) return;
    await Promise.all([
      import("../../../client/model_storage.ts"),
      import("../../../client/outgoing.ts"),
    ]);
  } catch {
    // The library reports it when it asks.
  }
}

/** Shows the chats of the person whom the client has just signed in. */
export function enter(client: PageClient): void {
  endedBy.value = null;
  isSignedOutElsewhere = false;
  signedIn.value = begin(client);
  tellTabs("signedIn");
}

function begin(client: PageClient): SignedIn {
  return new SignedIn(client, (isAsked) => {
    if (!isAsked) endedBy.value = isSignedOutElsewhere ? "elsewhere" : "expired";
    leave();
    tellTabs(isAsked ? "signedOut" : "expired");
  });
}

function leave(): void {
  const left = signedIn.peek();
  signedIn.value = null;
  location.hash = "";
  document.title = "RealTimeChat";
  void left?.close();
}

tabs.onmessage = async ({ data: news }: MessageEvent<TabNews>) => {
  isSignedOutElsewhere = news === "signedOut" || (isSignedOutElsewhere && news !== "signedIn");
  // The server may have closed this tab's connection already.
  if (news === "signedOut" && signedIn.peek() === null) endedBy.value = "elsewhere";
  const current = signedIn.peek();
  // The client may notice by itself meanwhile that its session is over.
  const currentId = current?.client.user?.id;
  const user = await (await newClient()).resume();
  if (current === undefined || user?.id === currentId) return;
  if (user !== null) return location.reload();
  endedBy.value = news === "signedOut" ? "elsewhere" : "expired";
  leave();
};
