import { isOidcVariable } from "../config/oidc.ts";
import { VARIABLE_NAMES } from "../config/variables.ts";

/**
 * Variables that Deno, its packages and telemetry need; all others (keys of an agent, tokens of a
 * CI) are not passed on.
 */
const PLATFORM =
  /^(PATH|HOME|USERPROFILE|SYSTEMROOT|WINDIR|TE?MP|TMPDIR|LANG|LC_.*|TZ|TERM|NO_COLOR|FORCE_COLOR|(HTTPS?|NO|ALL)_PROXY|(DENO|OTEL|NODE|XDG|AWS|SSL_CERT)_.*)$/i;

/** Returns the launcher's variables that are passed to the server. */
export function serverEnvironment(all: Readonly<Record<string, string>>): Record<string, string> {
  const names = new Set(VARIABLE_NAMES);
  return Object.fromEntries(
    Object.entries(all).filter(([name]) =>
      names.has(name) || isOidcVariable(name) || PLATFORM.test(name)
    ),
  );
}
