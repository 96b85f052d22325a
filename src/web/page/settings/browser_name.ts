/** Returns the names of browser and system, out of a long line. */
export function browserNameOf(userAgent: string): string {
  const browser = userAgent.match(/(Firefox|Edg|OPR|Chrome|Safari)\/\d+/)?.[0].replace("/", " ");
  const system = userAgent.match(/Windows|Android|iPhone|iPad|Mac OS X|Linux/)?.[0];
  return [browser, system].filter(Boolean).join(", ") || userAgent;
}

export function isPhone(userAgent: string): boolean {
  return /Android|iPhone|iPad|Mobile/.test(userAgent);
}
