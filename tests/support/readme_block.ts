const ROOT = new URL("../../", import.meta.url);

/** Returns the code block of a document that contains `word`. */
export function readmeBlock(path: string, word: string): string {
  const text = Deno.readTextFileSync(new URL(path, ROOT));
  const blocks = [...text.matchAll(/^```(?:js|ts)\n([\s\S]*?)^```/gm)].map(([, code]) => code);
  const found = blocks.find((code) => code.includes(word));
  if (found === undefined) throw new Error(`There is no code with ${word} in ${path}`);
  return found;
}
