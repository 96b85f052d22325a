/** `deno task import:mattermost <import.jsonl> > chats.ndjson`: see README.md of the import. */
import { runConverter } from "../convert.ts";
import { convertMattermost } from "./convert_mattermost.ts";

await runConverter(
  "Usage: deno task import:mattermost <import.jsonl> [--people <map.json>]",
  convertMattermost,
);
