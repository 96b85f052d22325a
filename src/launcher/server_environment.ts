import { VARIABLE_NAMES } from "../config/variables.ts";

/** What Deno, its packages and telemetry go by; all else (keys of an agent, tokens of a CI) stays outside. */
const PLATFORM =
  /^(PATH|HOME|USERPROFILE|SYSTEMROOT|WINDIR|TE?MP|TMPDIR|LANG|LC_.*|TZ|TERM|NO_COLOR|FORCE_COLOR|(HTTPS?|NO|ALL)_PROXY|(DENO|OTEL|NODE|XDG|AWS|SSL_CERT)_.*)$/i;

/** The variables that the server is started with, of those that the launcher has. */
export function serverEnvironment(all: Readonly<Record<string, string>>): Record<string, string> {
  const names = new Set(VARIABLE_NAMES);
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => names.has(name) || PLATFORM.test(name)),
  );
}
