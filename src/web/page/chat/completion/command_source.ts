import type { ChatClient, Output } from "../../../../client/mod.ts";
import type { ChatState } from "../../state/chat.ts";
import { writing } from "../../texts/writing/writing.ts";
import type { CompletionPlace, CompletionSource } from "./source.ts";

type Command = Output<"chat.commands">["items"][number];

interface Offered {
  commands: Command[];
  memberCount: number;
  at: number;
}

const MAX_ITEMS = 8;
/** A bot may declare other commands at any time: after so long they are fetched again. */
const FRESH_MS = 30_000;

const offeredIn = new WeakMap<ChatState, Offered>();

/** Commands of the chat's bots, after `/` at the beginning of a message. */
export const commandSource: CompletionSource = {
  trigger: "/",
  isAtStart: true,
  title: () => writing.t().commands,
  load: loadCommands,
  find(query, { app: { people }, chat }) {
    const wanted = query.toLowerCase();
    const commands = offeredIn.get(chat)?.commands ?? [];
    return commands.filter(({ name }) => name.startsWith(wanted)).slice(0, MAX_ITEMS)
      .map(({ name, usage, description, botId }) => ({
        key: `${botId}-${name}`,
        label: `/${name} ${usage}`.trim(),
        detail: description,
        face: {
          id: botId,
          name: people.nameOf(botId),
          mediaId: people.person(botId).avatarMediaId,
        },
        insert: `/${name}`,
      }));
  },
};

async function loadCommands({ app: { client }, chat }: CompletionPlace): Promise<void> {
  // The server cannot read a command there.
  if (chat.row.peek()?.encrypted) return;
  const memberCount = chat.row.peek()?.memberCount ?? 0;
  const known = offeredIn.get(chat);
  const isFresh = known?.memberCount === memberCount && Date.now() - known.at < FRESH_MS;
  if (!isFresh) {
    offeredIn.set(chat, {
      commands: await fetchCommands(client, chat.id),
      memberCount,
      at: Date.now(),
    });
  }
}

/** Without a connection, nothing is offered. */
async function fetchCommands(client: ChatClient, chatId: string): Promise<Command[]> {
  try {
    return (await client.call("chat.commands", { chatId })).items;
  } catch {
    return [];
  }
}
