import type { Coding } from "./page_files.ts";

/** The smaller one first. */
const CODINGS: readonly Coding[] = ["br", "gzip"];

/**
 * Returns the first of our codings that an Accept-Encoding lists with a weight above zero (RFC
 * 9110, section 12.5.3); null if there is none, and the file is to be sent as it is.
 */
export function acceptedCoding(acceptEncoding: string | null): Coding | null {
  const listed = new Map<string, boolean>();
  for (const part of (acceptEncoding ?? "").toLowerCase().split(",")) {
    const [name, ...parameters] = part.split(";").map((each) => each.trim());
    const isRefused = parameters.some((each) => /^q\s*=\s*0(\.0*)?$/.test(each));
    listed.set(name.replace(/^x-gzip$/, "gzip"), !isRefused);
  }
  return CODINGS.find((coding) => listed.get(coding) ?? listed.get("*") ?? false) ?? null;
}
