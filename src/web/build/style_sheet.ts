/** First what the others build on: the properties, bare elements, and the components used everywhere. */
const FIRST = ["/page/tokens.css", "/page/base.css", "/page/components/"];

/** Returns all style sheets of the folder and the folders in it as one, without comments and spacing. */
export async function styleSheet(folder: URL): Promise<string> {
  const paths = await sheetsOf(folder);
  const rank = ({ pathname }: URL) => {
    const at = FIRST.findIndex((name) => pathname.includes(name));
    return at === -1 ? FIRST.length : at;
  };
  paths.sort((a, b) => rank(a) - rank(b) || (a.href < b.href ? -1 : 1));
  const sheets = await Promise.all(paths.map((path) => Deno.readTextFile(path)));
  return minified(sheets.join("\n"));
}

async function sheetsOf(folder: URL): Promise<URL[]> {
  const paths: URL[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) paths.push(...await sheetsOf(new URL(`${name}/`, folder)));
    else if (name.endsWith(".css")) paths.push(new URL(name, folder));
  }
  return paths;
}

/**
 * Strings keep their spaces: the sheets have none in which a run of spaces, or a space beside punctuation,
 * matters, and a test holds them to that. Spaces around `+` and `-` are part of `calc()`.
 */
export function minified(css: string): string {
  return css.replace(/\/\*[^]*?\*\//g, "")
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,]) ?/g, "$1")
    .replace(/([a-z-]): /g, "$1:")
    .replaceAll(";}", "}")
    .trim();
}
