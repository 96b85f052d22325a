import { join, relative } from "node:path";
import type { ChatClient } from "../../src/client/mod.ts";

/** A block of a doc comment that needs the surroundings of `ExampleWorld`. */
export interface CommentExample {
  /** Relative to the folder that was searched. */
  file: string;
  /** Of the fence, from 1. */
  line: number;
  code: string;
}

/** Names that the examples of the client library may use without declaring them. */
export interface ExampleWorld {
  assert: unknown;
  /** Address of the server. */
  url: string;
  /** Signed in and online. */
  client: ChatClient;
  /** Another person's client. */
  friend: ChatClient;
  /** A group of both. */
  chatId: string;
  /** A message of the friend in it, which has not been read. */
  messageId: string;
}

export type ExampleProgram = (world: ExampleWorld) => Promise<void>;

const EXAMPLE = /^( *)\* ```ts ignore\n([\s\S]*?)^ *\* ```$/gm;
const IMPORT = /^import .*?;\n/gm;
const NAMES = "assert, url, client, friend, chatId, messageId";

/**
 * The examples in the comments of all sources below a folder. They are marked `ignore` for `--doc`.
 */
export async function commentExamples(folder: string): Promise<CommentExample[]> {
  const examples: CommentExample[] = [];
  for (const path of (await Array.fromAsync(sourcesBelow(folder))).sort()) {
    const text = await Deno.readTextFile(path);
    for (const { 2: block, index } of text.matchAll(EXAMPLE)) {
      const line = text.slice(0, index).split("\n").length;
      const code = block.replaceAll(/^ *\* ?/gm, "");
      examples.push({ file: relative(folder, path), line, code });
    }
  }
  return examples;
}

/**
 * A module whose default export runs the example with values of these names; `library` is the
 * folder of its package.
 */
export function programOf(
  { code }: CommentExample,
  library: string,
  names = NAMES,
): string {
  const imports = (code.match(IMPORT) ?? []).join("")
    .replaceAll('"realtimechat-client"', JSON.stringify(`file://${library}mod.ts`))
    .replaceAll(/"realtimechat-client\/(\w+)"/g, `"file://${library}$1/mod.ts"`);
  const body = code.replaceAll(IMPORT, "");
  // In a block, since an example may declare a client itself.
  return `${imports}export default async ({ ${names} }) => {\n{\n${body}}\n};\n`;
}

async function* sourcesBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* sourcesBelow(path);
    else if (name.endsWith(".ts")) yield path;
  }
}
