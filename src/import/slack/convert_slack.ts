import type { Conversion } from "../conversion.ts";
import type { ConvertArguments } from "../convert.ts";
import { SlackExportFolder } from "./export_folder.ts";
import type { SlackChannel } from "./export_types.ts";
import { emitChannel, SlackHistory, type SlackKind } from "./slack_channel.ts";
import { SlackFiles } from "./slack_files.ts";
import { SlackMessages } from "./slack_messages.ts";
import { SlackPeople } from "./slack_people.ts";

/** Lists of the export, with the kind of their channels. */
const LISTS: readonly (readonly ["channels" | "groups" | "mpims" | "dms", SlackKind])[] = [
  ["channels", "channel"],
  ["groups", "channel"],
  ["mpims", "mpim"],
  ["dms", "dm"],
];

/**
 * Converts an unpacked export of Slack. Each channel is read twice: its authors have to be known
 * before its first message. No more than a day of one channel is in memory.
 */
export async function convertSlack(
  conversion: Conversion,
  { source, token }: ConvertArguments,
): Promise<void> {
  const folder = new SlackExportFolder(source);
  const people = new SlackPeople(conversion);
  for (const user of await folder.users()) people.add(user);
  const files = new SlackFiles(folder, token, () => conversion.leaveOut("files without bytes"));
  for (const [list, kind] of LISTS) {
    for (const channel of await folder.channels(list)) {
      await convertChannel({ conversion, folder, people, files, channel, kind });
    }
  }
}

interface ChannelParts {
  conversion: Conversion;
  folder: SlackExportFolder;
  people: SlackPeople;
  files: SlackFiles;
  channel: SlackChannel;
  kind: SlackKind;
}

async function convertChannel(parts: ChannelParts): Promise<void> {
  const { conversion, folder, people, channel, kind } = parts;
  const name = kind === "dm" ? channel.id : channel.name ?? channel.id;
  const history = new SlackHistory(people);
  for await (const message of folder.messages(name)) history.add(message);
  if (!emitChannel(conversion, { channel, kind, people, history })) return;
  const messages = new SlackMessages(parts);
  for await (const message of folder.messages(name)) await messages.add(message);
}
