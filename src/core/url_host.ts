/** Returns a host name or address as it stands in a URL: IPv6 addresses are in brackets there. */
export function urlHost(hostname: string): string {
  return hostname.includes(":") && !hostname.startsWith("[") ? `[${hostname}]` : hostname;
}
