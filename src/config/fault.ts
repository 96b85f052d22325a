import { quote } from "../core/errors.ts";

/** One thing wrong with the environment. `given` is null for what is missing and for secrets. */
export interface ConfigFault {
  variable: string;
  given: string | null;
  /** What is accepted, as a phrase that follows "it must be". */
  accepted: string;
}

/** All that is wrong, at once, so that an operator mends it in one go. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(readonly faults: readonly ConfigFault[]) {
    super(["The configuration is not valid:", ...faults.map(describe)].join("\n"));
  }
}

function describe({ variable, given, accepted }: ConfigFault): string {
  return given === null
    ? `  ${variable} must be ${accepted}`
    : `  ${variable} is ${quote(given)}; it must be ${accepted}`;
}
