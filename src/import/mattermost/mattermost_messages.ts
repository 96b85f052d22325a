import { basename } from "node:path";
import {
  type Conversion,
  FILES_PER_MESSAGE,
  mentionsOf,
  type OutLine,
  timeOf,
} from "../conversion.ts";
import { withEmoji } from "../emoji_of.ts";
import { reactionsOf } from "../reactions_of.ts";
import type { MattermostExportFile } from "./export_file.ts";
import type { MattermostPost } from "./export_types.ts";
import type { MattermostChat, PostPlace } from "./mattermost_chat.ts";

/** As the page reads an address in a text. */
const MENTION = /(?<![\w@.])@([\w.-]*\w)/g;

export interface MattermostMessagesOptions {
  conversion: Conversion;
  file: MattermostExportFile;
  chat: MattermostChat;
  /** Everybody in the export. */
  people: ReadonlySet<string>;
  /** Returns the path of an attachment from the export's folder, or null. */
  locate(path: string): Promise<string | null>;
}

/** Writes the messages of one chat by time; the export has replies within the post they answer. */
export class MattermostMessages {
  readonly #ids = new Set<string>();
  /** Ids of written posts, by the place of their line. */
  readonly #posts = new Map<number, string>();

  constructor(private readonly options: MattermostMessagesOptions) {}

  async writeAll(): Promise<void> {
    const { posts } = this.options.chat;
    // Replies follow the post of their line, even at the same time.
    posts.sort((a, b) => a.at - b.at || a.offset - b.offset || a.reply - b.reply);
    for (const place of posts) await this.#write(place);
  }

  async #write(place: PostPlace): Promise<void> {
    const { file, conversion, chat } = this.options;
    const line = await file.at(place);
    const post = (line.post ?? line.direct_post)!;
    const message = place.reply < 0 ? post : post.replies![place.reply];
    const externalId = this.#idOf(message);
    const replyTo = place.reply < 0 ? undefined : this.#posts.get(place.offset);
    const base: OutLine = {
      type: "message",
      externalId,
      chat: chat.id,
      author: conversion.person(message.user),
      at: timeOf(message.create_at),
      replyTo,
    };
    const lines = message.type ? this.#system(base, message) : await this.#content(base, message);
    if (lines.length === 0) {
      return conversion.leaveOut(message.type ? `messages (${message.type})` : "empty messages");
    }
    for (const each of lines) conversion.emit(each);
    if (place.reply < 0) this.#posts.set(place.offset, externalId);
  }

  /** The export has no ids: time and author name a message, as Mattermost's own import has it. */
  #idOf({ create_at: at, user }: MattermostPost): string {
    for (let count = 1;; count++) {
      const id = count === 1 ? `${at}:${user}` : `${at}:${user}:${count}`;
      if (this.#ids.has(id)) continue;
      this.#ids.add(id);
      return id;
    }
  }

  async #content(base: OutLine, message: MattermostPost): Promise<OutLine[]> {
    const { conversion, people, chat } = this.options;
    const media = await this.#media(message);
    const text = withEmoji(message.message ?? "");
    if (text.trim() === "" && media.length === 0) return [];
    const named = [...text.matchAll(MENTION)].map(([, name]) => name)
      .filter((name) => chat.members.has(name));
    const { edit_at: editedAt, is_pinned: isPinned, reactions } = message;
    const known = (reactions ?? []).filter(({ user }) => people.has(user))
      .map(({ user, emoji_name: name }) => ({ name, person: conversion.person(user) }));
    const lines: OutLine[] = [{
      ...base,
      text: text.trim() === "" ? undefined : text,
      mentions: mentionsOf(named.map((name) => conversion.person(name))),
      media: media.slice(0, FILES_PER_MESSAGE),
      reactions: reactionsOf(
        known,
        () => conversion.leaveOut("reactions with emoji of one's own"),
      ),
      editedAt: editedAt ? timeOf(editedAt) : undefined,
      pinnedAt: isPinned ? base.at : undefined,
    }];
    for (let at = FILES_PER_MESSAGE; at < media.length; at += FILES_PER_MESSAGE) {
      const externalId = `${base.externalId}+${at / FILES_PER_MESSAGE}`;
      lines.push({ ...base, externalId, media: media.slice(at, at + FILES_PER_MESSAGE) });
    }
    return lines;
  }

  #system(base: OutLine, { type, user, props }: MattermostPost): OutLine[] {
    const { conversion, people } = this.options;
    const by = base.author;
    const named = (field: string) => {
      const name = props?.[field];
      return conversion.person(typeof name === "string" && people.has(name) ? name : user);
    };
    const report = (kind: string, person: unknown) => [
      { ...base, system: { type: kind, people: [person], by } },
    ];
    if (type === "system_join_channel") return report("member.joined", by);
    if (type === "system_add_to_channel") return report("member.joined", named("addedUsername"));
    if (type === "system_leave_channel") return report("member.left", by);
    if (type === "system_remove_from_channel") {
      return report("member.removed", named("removedUsername"));
    }
    return [];
  }

  async #media({ attachments }: MattermostPost): Promise<{ path: string; name: string }[]> {
    const found: { path: string; name: string }[] = [];
    for (const { path } of attachments ?? []) {
      const located = await this.options.locate(path);
      if (located === null) this.options.conversion.leaveOut("files that are not in the export");
      else found.push({ path: located, name: basename(path) });
    }
    return found;
  }
}
