import { lookup as systemLookup } from "node:dns";
import { withDeadline } from "./deadline.ts";
import { fieldError } from "./errors.ts";
import { isPublicAddress } from "./public_address.ts";

/**
 * Resolves a host name to all of its addresses; rejects with an error that has a `code`, like
 * node:dns.
 */
export type Resolve = (hostname: string) => Promise<string[]>;

/** Resolves to the allowed addresses, in the callback form that `node:net` expects. */
export type SocketLookup = (
  hostname: string,
  options: { all?: boolean },
  callback: (
    error: Error | null,
    address: string | { address: string; family: number }[],
    family?: number,
  ) => void,
) => void;

/** Error codes for a name that does not exist or has no address. */
const NO_SUCH_NAME = new Set(["ENOTFOUND", "ENODATA"]);

const resolveBySystem: Resolve = (hostname) =>
  new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true }, (error, found) => {
      if (error) reject(error);
      else resolve(found.map(({ address }) => address));
    });
  });

/** The name resolves to an address that is not on the public internet. */
export class PrivateAddress extends Error {
  override readonly name = "PrivateAddress";
  readonly code = "EPRIVATE";

  constructor(hostname: string) {
    super(`Cannot connect to ${hostname}: it has an address that is not public`);
  }
}

/**
 * Returns the addresses of `hostname`. Throws `PrivateAddress` if one of them is not public: a name
 * with a public and a private address is an attack, never a service.
 */
export async function publicAddressesOf(
  hostname: string,
  resolve: Resolve = resolveBySystem,
): Promise<string[]> {
  const addresses = await resolve(hostname);
  if (addresses.length === 0 || !addresses.every(isPublicAddress)) {
    throw new PrivateAddress(hostname);
  }
  return addresses;
}

/**
 * A lookup for sockets that returns public addresses only: the socket connects to the address that
 * was checked, so a name that changes its address between two lookups gains nothing.
 */
export function publicLookup(resolve: Resolve = resolveBySystem): SocketLookup {
  return (hostname, options, callback) => {
    publicAddressesOf(hostname, resolve).then((addresses) => {
      const found = addresses.map((address) => ({
        address,
        family: address.includes(":") ? 6 : 4,
      }));
      if (options.all) callback(null, found);
      else callback(null, found[0].address, found[0].family);
    }, (error) => callback(error, []));
  };
}

/** The URL of a registration, as its error names it. */
export interface RegisteredUrl {
  url: URL;
  /** The kind of address, such as "push endpoint". */
  name: string;
  /** The field of the input. */
  path: string;
}

/**
 * For a registration: throws `invalid_request` if the name does not exist or resolves to a private
 * network. A name server that does not respond within `timeoutMs` is no reason to reject: every
 * send checks again.
 */
export async function requirePublicHost(
  { url: { hostname, href }, name, path }: RegisteredUrl,
  resolve: Resolve = resolveBySystem,
  timeoutMs = 2_000,
): Promise<void> {
  try {
    await withDeadline(publicAddressesOf(hostname, resolve), timeoutMs);
  } catch (error) {
    const { code } = error as { code?: string };
    if (!(error instanceof PrivateAddress) && !NO_SUCH_NAME.has(code ?? "")) return;
    const message = `Cannot register the ${name} ${href.slice(0, 200)}: ` +
      "its host has no public address";
    throw fieldError("invalid_request", path, message);
  }
}
