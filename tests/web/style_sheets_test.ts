import assert from "node:assert/strict";
import { basename, dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { styleSheets } from "../../src/web/build/style_sheet.ts";
import { TempDir } from "../support/temp_dir.ts";

Deno.test("styleSheets keeps the sheets of an area out of the first screen's sheet", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/polls`);
    await Deno.writeTextFile(`${folder}/base.css`, "a { color: red; }\n");
    await Deno.writeTextFile(`${folder}/polls/polls.lazy.css`, ".poll { top: 0; }\n");
    await Deno.writeTextFile(`${folder}/polls/vote.polls.lazy.css`, ".vote { top: 1px; }\n");
    const sheets = await styleSheets(pathToFileURL(`${folder}/`));
    assert.deepEqual(
      Object.fromEntries(sheets),
      { "style.css": "a{color:red}", "polls.css": ".poll{top:0}.vote{top:1px}" },
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("styleSheets puts the components before what uses them, and the bare elements before both", async () => {
  await using folder = await TempDir.make("sheets");
  const names = ["chat/chat.css", "components/button.css", "base.css", "app/app.css", "tokens.css"];
  for (const name of names) {
    await Deno.mkdir(dirname(folder.join("page", name)), { recursive: true });
    await Deno.writeTextFile(folder.join("page", name), `/* of */ .${basename(name, ".css")} {}`);
  }
  const sheets = await styleSheets(pathToFileURL(`${folder.path}/`));
  assert.equal(sheets.get("style.css"), ".tokens{}.base{}.button{}.app{}.chat{}");
});
