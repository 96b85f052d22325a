import { quote } from "../core/errors.ts";

/** One fault in the environment. `given` is null for missing values and for secrets. */
export interface ConfigFault {
  variable: string;
  given: string | null;
  /** The accepted values, as a phrase that follows "it must be". */
  accepted: string;
}

/** Lists all faults together, so that an operator can fix them in one step. */
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
