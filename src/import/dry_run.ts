import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { assertGroupSize } from "../model/membership.ts";
import type { ImportTarget } from "./importer.ts";
import type { KnownIds } from "./known_ids.ts";
import type { ChatLine, MessageLine, Numbered, PersonLine } from "./lines.ts";
import type { MediaFiles } from "./media_files.ts";
import { checkMessage, type MessageLimits, noSuchReply, notInChat } from "./message_checks.ts";
import type { MessagesOutcome } from "./messages_import.ts";

export interface DryRunOptions {
  known: KnownIds;
  files: Pick<MediaFiles, "check">;
  clock: Clock;
  limits: MessageLimits & { groupMembers: number };
}

/** A chat of the file; null stands for one of the store, whose members are not looked at. */
type Members = Set<string> | null;

/**
 * Checks lines as the import does, and writes nothing: their form, the limits, and that people,
 * chats, answered messages and files exist. URLs are not fetched.
 */
export class DryRun implements ImportTarget {
  readonly #people = new Set<string>();
  readonly #chats = new Map<string, Members>();
  /** Hashes of chat and message, for the sake of memory. */
  readonly #messages = new Set<number>();

  constructor(private readonly options: DryRunOptions) {}

  person({ externalId }: PersonLine): Promise<boolean> {
    const isNew = !this.#people.has(externalId);
    this.#people.add(externalId);
    return Promise.resolve(isNew);
  }

  async chat({ externalId, members }: ChatLine): Promise<boolean> {
    for (const { person } of members) await this.#requirePerson(person);
    const before = this.#chats.get(externalId) ?? new Set<string>();
    const present = new Set([...before, ...members.map(({ person }) => person)]);
    assertGroupSize(
      members.filter(({ leftAt }) => leftAt === undefined).length,
      this.options.limits.groupMembers,
    );
    const isNew = !this.#chats.has(externalId);
    this.#chats.set(externalId, present);
    return isNew;
  }

  async messages(chat: string, lines: Numbered<MessageLine>[]): Promise<MessagesOutcome> {
    const outcome: MessagesOutcome = { made: 0, existing: 0, files: 0, refused: [] };
    for (const { number, line } of lines) {
      try {
        await this.#check(await this.#membersOf(chat), line);
        const key = hashOf(`${chat} ${line.externalId}`);
        if (this.#messages.has(key)) outcome.existing++;
        else {
          outcome.made++;
          outcome.files += line.media.length;
        }
        this.#messages.add(key);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        outcome.refused.push({ number, error });
      }
    }
    return outcome;
  }

  async #check(members: Members, line: MessageLine): Promise<void> {
    const { limits, clock, files } = this.options;
    const { author, mentions, reactions, replyTo, system } = line;
    for (const person of [author, ...mentions]) await this.#requirePerson(person);
    for (const { people } of reactions) {
      for (const person of people) await this.#requirePerson(person);
    }
    for (const person of system?.people ?? []) await this.#requirePerson(person);
    if (members && !members.has(author)) throw notInChat(author);
    checkMessage(line, limits, clock.now());
    const isUnknown = replyTo !== undefined &&
      !this.#messages.has(hashOf(`${line.chat} ${replyTo}`));
    if (isUnknown && members) throw noSuchReply(replyTo);
    for (const source of line.media) await files.check(source);
  }

  async #requirePerson(externalId: string): Promise<void> {
    if (!this.#people.has(externalId)) await this.options.known.person(externalId);
  }

  async #membersOf(externalId: string): Promise<Members> {
    const members = this.#chats.get(externalId);
    if (members !== undefined) return members;
    await this.options.known.chat(externalId);
    this.#chats.set(externalId, null);
    return null;
  }
}

/** Two FNV-1a hashes in one number of 53 bits. */
function hashOf(text: string): number {
  let [low, high] = [0x811c9dc5, 0x1b873593];
  for (let i = 0; i < text.length; i++) {
    low = Math.imul(low ^ text.charCodeAt(i), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(i), 0x01000197);
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}
