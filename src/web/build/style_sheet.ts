/**
 * First what the others build on: the properties, bare elements, and the components used
 * everywhere.
 */
const FIRST = ["/page/tokens.css", "/page/base.css", "/page/components/"];

/** `voice.writing.lazy.css` belongs to the area "writing", and so does `writing.lazy.css`. */
const LAZY = /([^/.]+)\.lazy\.css$/;

/**
 * Returns the style sheets of the folder and the folders in it, without comments and spacing:
 * `style.css` for the first screen, and one for each area of the page that is loaded on first use.
 */
export async function styleSheets(folder: URL): Promise<Map<string, string>> {
  const groups = Map.groupBy(await sheetsOf(folder), ({ pathname }) => {
    return `${pathname.match(LAZY)?.[1] ?? "style"}.css`;
  });
  const sheets = [...groups].map(async ([name, paths]) => [name, await joined(paths)] as const);
  return new Map(await Promise.all(sheets));
}

async function joined(paths: URL[]): Promise<string> {
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
 * Strings keep their spaces: the sheets have none in which a run of spaces, or a space beside
 * punctuation, matters, and a test holds them to that. Spaces around `+` and `-` are part of
 * `calc()`.
 */
export function minified(css: string): string {
  return css.replace(/\/\*[^]*?\*\//g, "")
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,]) ?/g, "$1")
    .replace(/([a-z-]): /g, "$1:")
    .replaceAll(";}", "}")
    .trim();
}
