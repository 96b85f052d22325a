import { misuse } from "./misuse.ts";
import type { KeyStore } from "./mls/key_store.ts";
import type { FetchFunction, WebSocketClass } from "./platform.ts";

export interface ChatClientOptions {
  /** URL of the server with `http://` or `https://`, without `/api`. */
  url: string;
  /**
   * Returns a token of your own sign-in that the server accepts (AUTH_JWKS_URL), or null if the
   * person is no longer signed in. It takes the place of signing in here: nothing but `connect` is
   * needed. It is called for each connection, and when the server refuses the last token.
   */
  token?: () => Promise<string | null> | string | null;
  /** Keeps sign-in, unsent messages and keys; in memory by default. */
  storage?: KeyStore;
  /**
   * Whether chats, messages and drafts are also kept in `storage`, so that the next run shows them
   * without a network and announces all missed messages. True by default.
   */
  persist?: boolean;
  /** Seals the contents of `storage`, above all the keys of encrypted chats. */
  deviceKey?: CryptoKey;
  /** The platform's by default. */
  fetch?: FetchFunction;
  /**
   * The platform's by default. Node has one from version 22 on; for earlier versions, pass that of
   * the package `ws`.
   */
  WebSocket?: WebSocketClass;
  /**
   * Milliseconds without a byte after which a call or a connection attempt fails; 15,000 by
   * default.
   */
  timeoutMs?: number;
}

/** Options completed with the platform's functions. */
export type CheckedOptions =
  & ChatClientOptions
  & Required<Pick<ChatClientOptions, "fetch" | "WebSocket">>;

const ACTION = "make a ChatClient";

type Check = [isRight: (value: never) => boolean, expected: string];

const isFunction = (value: unknown) => typeof value === "function";

const CHECKS: Record<keyof ChatClientOptions, Check> = {
  url: [(value) => typeof value === "string", 'an address such as "https://chat.example.org"'],
  storage: [
    ({ read, write, names }: KeyStore) => [read, write, names].every(isFunction),
    "a KeyStore: see indexedDbStore",
  ],
  deviceKey: [
    ({ algorithm }: CryptoKey) => typeof algorithm === "object",
    "a CryptoKey: see indexedDbDeviceKey",
  ],
  persist: [(value) => typeof value === "boolean", "true or false"],
  fetch: [isFunction, "a function"],
  WebSocket: [isFunction, "a class: before Node 22, that of the package ws"],
  token: [isFunction, "a function that returns a token"],
  timeoutMs: [(value) => value > 0, "a number of milliseconds above 0"],
};

/** Throws `misuse` for options that can never work, and says what to change. */
export function checkedOptions(options: ChatClientOptions): CheckedOptions {
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  const { fetch, WebSocket } = globalThis;
  const all = { fetch, WebSocket, ...Object.fromEntries(given) } as unknown as CheckedOptions;
  for (const name of [...Object.keys(all), "url"] as (keyof typeof CHECKS)[]) {
    check(name, all[name]);
  }
  return { ...all, url: checkedUrl(all.url) };
}

function check(name: keyof typeof CHECKS, value: unknown): void {
  if (!(name in CHECKS)) {
    throw refusal(`there is no option ${name}, but ${Object.keys(CHECKS).join(", ")}`);
  }
  if (value instanceof Promise) throw refusal(`${name} is a promise. Write await before it`);
  const [isRight, expected] = CHECKS[name];
  if ((value ?? null) !== null && isRight(value as never)) return;
  throw refusal(`the option ${name} has to be ${expected}. It is ${String(value)}`);
}

/** Returns the URL without trailing slashes. */
export function checkedUrl(url: string, action = ACTION): string {
  const right = url.trim()
    .replace(/^ws/i, "http")
    .replace(/^(?!https?:)(\/\/)?/i, /^\/*(localhost|127\.)/.test(url) ? "http://" : "https://")
    .replace(/\/\/[^/]*@/, "//")
    .replace(/(\/(api|ws|socket\.io))?\/*([?#].*)?$/, "");
  if (right === url.replace(/\/+$/, "") && isUrl(right)) return right;
  throw misuse(
    action,
    `url has to be an http address without /api. Write "${right}" instead of "${url}"`,
  );
}

/** `URL.canParse` is missing in React Native and in older browsers. */
function isUrl(text: string): boolean {
  try {
    return Boolean(new URL(text));
  } catch {
    return false;
  }
}

function refusal(reason: string): Error {
  return misuse(ACTION, reason);
}
