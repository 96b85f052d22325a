/**
 * Returns the tests (and steps) that `deno test --junit-path` reports as ignored, as `file: name`.
 */
export function skippedIn(xml: string): string[] {
  const cases = xml.matchAll(/<testcase name="([^"]*)" classname="([^"]*)"[^>]*>\s*<skipped\/>/g);
  return Array.from(cases, ([, name, file]) => `${unescape(file)}: ${unescape(name)}`);
}

/**
 * Returns the tests that hung, as `file: name`. An error that no test catches, as the bound of
 * `test_bounds.ts` throws it, cancels the test that runs and those after it in the file.
 */
export function hungIn(xml: string): string[] {
  const suites = xml.split("<testsuite ").filter((suite) => suite.includes('message="Cancelled"'));
  const first =
    /<testcase name="([^"]*)" classname="([^"]*)"[^>]*>\s*<error message="Cancelled"\/>/;
  return suites.map((suite) => first.exec(suite)!)
    .map(([, name, file]) => `${unescape(file)}: ${unescape(name)}`);
}

const ENTITIES: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function unescape(text: string): string {
  return text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name) => ENTITIES[name]);
}
