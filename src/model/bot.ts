/** A command that people give a bot by a message that begins with `/name`. */
export interface BotCommand {
  /** Lower case, without the slash. */
  name: string;
  description: string;
  /** The arguments, as a person reads them: "<city> [date]". */
  usage: string;
}

/**
 * A person that a program plays. A `bot` signs in with its token; a `hook` is an incoming webhook,
 * which can do nothing but post into one chat.
 */
export interface Bot {
  /** The id of its user. */
  id: string;
  kind: "bot" | "hook";
  /** The only chat of a hook; null for a bot. */
  chatId: string | null;
  name: string;
  /** SHA-256 of the secret part of its token. */
  secretHash: string;
  commands: BotCommand[];
  createdBy: string | null;
  createdAt: number;
  endedAt: number | null;
}
