import { join } from "node:path";
import type { SlackChannel, SlackMessage, SlackUser } from "./export_types.ts";

const DAY = /^\d{4}-\d{2}-\d{2}\.json$/;

/** An unpacked export: lists of people and channels, and a folder of days for each channel. */
export class SlackExportFolder {
  constructor(private readonly path: string) {}

  /** Throws an Error that says that the folder is no export. */
  async users(): Promise<SlackUser[]> {
    for (const name of ["users.json", "org_users.json"]) {
      const users = await this.#read<SlackUser[]>(name);
      if (users !== null) return users;
    }
    throw new Error(`Cannot convert ${this.path}: there is no users.json in it; unpack the export`);
  }

  /** Channels of one kind; none if the export does not include that kind. */
  async channels(name: "channels" | "groups" | "mpims" | "dms"): Promise<SlackChannel[]> {
    return await this.#read<SlackChannel[]>(`${name}.json`) ?? [];
  }

  /** The messages of a channel's folder by time, a day at once. */
  async *messages(folder: string): AsyncGenerator<SlackMessage> {
    const days: string[] = [];
    try {
      for await (const { name } of Deno.readDir(join(this.path, folder))) days.push(name);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
    for (const day of days.filter((name) => DAY.test(name)).sort()) {
      const messages = await this.#read<SlackMessage[]>(join(folder, day)) ?? [];
      const dated = messages.filter(({ ts }) => ts !== undefined);
      yield* dated.sort((a, b) => Number(a.ts) - Number(b.ts));
    }
  }

  /** The path of a file that a tool has put into the export, or null. */
  async upload(id: string, name: string): Promise<string | null> {
    const path = join("__uploads", id, name);
    const isThere = await Deno.stat(join(this.path, path)).then(
      ({ isFile }) => isFile,
      () => false,
    );
    return isThere ? path : null;
  }

  async #read<T>(name: string): Promise<T | null> {
    let text: string;
    try {
      text = await Deno.readTextFile(join(this.path, name));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new Error(`Cannot read ${name} of the export: it is not JSON`, { cause });
    }
  }
}
