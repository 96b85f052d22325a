import { join } from "node:path";
import type { Row } from "./figures.ts";

/** Size of a database's files at a number of messages. */
export interface FilledDisk {
  messages: number;
  bytes: number;
}

/** Returns the row of a store: what a message takes, without what an empty database has. */
export function diskRow(store: string, filled: FilledDisk[]): Row {
  const [first, last] = [filled[0], filled.at(-1)!];
  const each = (last.bytes - first.bytes) / (last.messages - first.messages);
  return {
    Store: store,
    Messages: last.messages,
    MB: Math.round(last.bytes / 1e6),
    "Bytes a message": Math.round(each),
  };
}

/** Returns the bytes that the files of a folder occupy. */
export async function bytesOf(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    bytes += isDirectory ? await bytesOf(path) : await occupied(path);
  }
  return bytes;
}

/** 0 for a file that its database has just deleted. */
async function occupied(path: string): Promise<number> {
  try {
    const { blocks, size } = await Deno.stat(path);
    return blocks === null ? size : blocks * 512;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
