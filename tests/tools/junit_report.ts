/**
 * Returns the tests (and steps) that `deno test --junit-path` reports as ignored, as `file: name`.
 */
export function skippedIn(xml: string): string[] {
  const cases = xml.matchAll(/<testcase name="([^"]*)" classname="([^"]*)"[^>]*>\s*<skipped\/>/g);
  return Array.from(cases, ([, name, file]) => `${unescape(file)}: ${unescape(name)}`);
}

const ENTITIES: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function unescape(text: string): string {
  return text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name) => ENTITIES[name]);
}
