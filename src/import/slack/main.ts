/** `deno task import:slack <folder> > <folder>/chats.ndjson`: see README.md of the import. */
import { runConverter } from "../convert.ts";
import { convertSlack } from "./convert_slack.ts";

await runConverter(
  "Usage: deno task import:slack <folder> [--people <map.json>] [--token <token>]",
  convertSlack,
);
