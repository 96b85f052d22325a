import assert from "node:assert/strict";
import { downloadName } from "../../src/media/download_name.ts";

const TEXT = "text/plain; charset=utf-8";
const UNKNOWN = "application/octet-stream";

Deno.test("downloadName keeps a name whose extension fits the bytes", () => {
  for (
    const [name, type] of [
      ["cat.jpg", "image/jpeg"],
      ["CAT.JPEG", "image/jpeg"],
      ["song.opus", "audio/ogg"],
      ["voice.3gp", "audio/3gpp"],
      ["voice.webm", "audio/webm"],
      ["voice.mp4", "audio/mp4"],
      ["notes.md", TEXT],
      ["table.csv", TEXT],
      ["main.ts", TEXT],
      ["feed.rss", "application/xml"],
      ["README", TEXT],
      ["README", UNKNOWN],
      ["backup.tgz", "application/gzip"],
      ["app.apk", "application/zip"],
      ["setup.exe", UNKNOWN],
      ["tool.jar", "application/zip"],
      ["logo.svg", "image/svg+xml"],
      ["data.parquet", UNKNOWN],
      ["report.pdf", "application/pdf"],
    ]
  ) assert.equal(downloadName(name, type), name, name);
});

Deno.test("downloadName appends the detected extension when the given one contradicts it", () => {
  for (
    const [name, type, saved] of [
      ["holiday.exe", "image/jpeg", "holiday.exe.jpg"],
      ["holiday", "image/png", "holiday.png"],
      ["page.html", TEXT, "page.html.txt"],
      ["run.BAT", TEXT, "run.BAT.txt"],
      ["logo.svg", TEXT, "logo.svg.txt"],
      ["logon.url", TEXT, "logon.url.txt"],
      ["menu.desktop", TEXT, "menu.desktop.txt"],
      ["run.command", TEXT, "run.command.txt"],
      ["found.Search-MS", TEXT, "found.Search-MS.txt"],
      ["page.xht", TEXT, "page.xht.txt"],
      ["page.xhtml", "application/xml", "page.xhtml.xml"],
      ["form.hta", "application/xml", "form.hta.xml"],
      ["found.search-ms", "application/xml", "found.search-ms.xml"],
      ["cat.jpg", TEXT, "cat.jpg.txt"],
      ["cat.jpg", UNKNOWN, "cat.jpg.bin"],
      ["invoice.pdf", "application/zip", "invoice.pdf.zip"],
      ["clip.html", "video/mp4", "clip.html.mp4"],
      ["page.html", UNKNOWN, "page.html.bin"],
      ["logo.svg", UNKNOWN, "logo.svg.bin"],
      ["run.vbs", UNKNOWN, "run.vbs.bin"],
      ["page.htm", "application/zip", "page.htm.zip"],
      ["form.hta", "application/zip", "form.hta.zip"],
      ["setup.exe", TEXT, "setup.exe.txt"],
    ]
  ) assert.equal(downloadName(name, type), saved, name);
});
