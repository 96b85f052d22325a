import { dirname, join } from "node:path";
import { type Conversion, nameOf, usernameOf } from "../conversion.ts";
import type { ConvertArguments } from "../convert.ts";
import { MattermostExportFile } from "./export_file.ts";
import type { MattermostLine, MattermostPost, MattermostUser } from "./export_types.ts";
import type { LinePlace } from "./export_file.ts";
import { channelId, directId, MattermostChat } from "./mattermost_chat.ts";
import { MattermostMessages } from "./mattermost_messages.ts";

/** Folders in which exports have their attachments, from that of the file. */
const FOLDERS = ["", "data"];

/**
 * Converts a bulk export of Mattermost. The file is read once for people, chats and the places of
 * messages, which the export has in no order; then each chat's messages are read by time.
 */
export async function convertMattermost(
  conversion: Conversion,
  { source }: ConvertArguments,
): Promise<void> {
  using file = await MattermostExportFile.open(source);
  const reading = new Reading(conversion);
  let isExport = false;
  for await (const { line, place } of file.lines()) {
    isExport ||= line.type === "version";
    if (!isExport) break;
    reading.add(line, place);
  }
  if (!isExport) throw new Error(`Cannot convert ${source}: its first line has no version`);
  const { people } = reading;
  const locate = (path: string) => located(dirname(source), path);
  for (const chat of reading.chats.values()) {
    for (const author of chat.authors()) reading.ensure(author);
    if (!chat.emit(conversion)) continue;
    await new MattermostMessages({ conversion, file, chat, people, locate }).writeAll();
  }
}

class Reading {
  readonly people = new Set<string>();
  readonly chats = new Map<string, MattermostChat>();

  constructor(private readonly conversion: Conversion) {}

  add(line: MattermostLine, place: LinePlace): void {
    const { channel, user, bot, post, direct_channel: direct, direct_post: message } = line;
    if (channel) {
      const id = channelId(channel.team, channel.name);
      this.chats.set(id, new MattermostChat(id, channel));
    } else if (user) this.#addUser(user);
    else if (bot) this.#addPerson(bot.username, { name: bot.display_name, bot: true });
    else if (direct) {
      const { members, participants } = direct;
      this.#direct(members ?? (participants ?? []).map(({ username }) => username));
    } else if (post) {
      this.#addPost(this.chats.get(channelId(post.team!, post.channel!)), post, place);
    } else if (message) this.#addPost(this.#direct(message.channel_members!), message, place);
  }

  /** Makes a person who has written, and has no line. */
  ensure(username: string): void {
    if (!this.people.has(username)) this.#addPerson(username, {});
  }

  #addUser(user: MattermostUser): void {
    const { username, nickname, first_name: first, last_name: last, position, teams } = user;
    const full = `${first ?? ""} ${last ?? ""}`;
    this.#addPerson(username, {
      name: nameOf(nickname, full, username),
      bio: position?.trim() ? nameOf(position) : undefined,
    });
    for (const team of teams ?? []) {
      for (const { name, roles = "" } of team.channels ?? []) {
        const chat = this.chats.get(channelId(team.name, name));
        chat?.members.set(username, roles.includes("channel_admin"));
      }
    }
  }

  #addPerson(username: string, { name, ...fields }: Record<string, unknown> & { name?: string }) {
    this.people.add(username);
    this.conversion.emit({
      type: "person",
      externalId: this.conversion.person(username),
      name: nameOf(name, username),
      username: usernameOf(username),
      ...fields,
    });
  }

  #direct(members: readonly string[]): MattermostChat {
    const id = directId(members);
    const found = this.chats.get(id);
    if (found) return found;
    const chat = new MattermostChat(id, null);
    for (const member of members) {
      this.ensure(member);
      chat.members.set(member, false);
    }
    this.chats.set(id, chat);
    return chat;
  }

  #addPost(chat: MattermostChat | undefined, post: MattermostPost, place: LinePlace): void {
    if (!chat) return this.conversion.leaveOut("messages of channels that are missing");
    const { replies } = post;
    chat.addPost(post.user, { ...place, at: post.create_at, reply: -1 });
    for (const [reply, { user, create_at: at }] of (replies ?? []).entries()) {
      chat.addPost(user, { ...place, at: Math.max(at, post.create_at), reply });
    }
  }
}

async function located(folder: string, path: string): Promise<string | null> {
  for (const inner of FOLDERS) {
    const candidate = join(inner, path);
    const found = await Deno.stat(join(folder, candidate)).catch(() => null);
    if (found?.isFile && !candidate.startsWith("..")) return candidate;
  }
  return null;
}
