import { TYPE_EXTENSIONS } from "./file_type.ts";

/** Other common extensions of each type. */
const ALSO: Record<string, string[]> = {
  "image/jpeg": [".jpeg", ".jpe", ".jfif"],
  "image/png": [".apng"],
  "image/avif": [".avifs"],
  "image/heic": [".heif", ".hif"],
  "video/mp4": [".m4v", ".mp4v"],
  "audio/mp4": [".mp4", ".aac", ".m4b", ".m4r"],
  "video/quicktime": [".qt"],
  "video/3gpp": [".3gpp", ".3g2"],
  "audio/3gpp": [".3gpp", ".3g2", ".amr", ".m4a", ".mp4"],
  "audio/webm": [".webm"],
  "video/x-matroska": [".mka", ".mk3d"],
  "audio/x-matroska": [".mkv"],
  "audio/wav": [".wave"],
  "audio/ogg": [".oga", ".opus", ".spx"],
  "video/ogg": [".ogg", ".ogm"],
  "audio/mpeg": [".mpga", ".mp2"],
  "application/pdf": [".ai"],
  "application/gzip": [".tgz", ".svgz"],
  "application/x-ole-storage": [".doc", ".xls", ".ppt", ".msg", ".msi"],
  "image/svg+xml": [".xml"],
};

/** Container and text formats: their first bytes do not tell what is inside. */
const OPEN_TYPES = ["application/zip", "application/octet-stream", "application/xml"];

/**
 * Texts that are executed, or shown as a page, when opened. One character that no text has, or
 * another encoding than UTF-8, makes such a file an unknown one, and it still works.
 */
const SCRIPTS = new RegExp(
  "^\\.(html?|xht(ml)?|shtml|mht(ml)?|hta|svg|bat|cmd|command|ps1|vbs?|vbe|jse?|wsf|wsh|sct|wsc|" +
    "reg|inf|scf|url|website|desktop|library-ms|search-ms|settingcontent-ms|jnlp)$",
);

/** Programs and what starts them, in formats that the first bytes do not tell. */
const PROGRAMS = /^\.(svgz|exe|com|scr|pif|dll|msi|lnk|webloc|application|msc|jar|app|dmg)$/;

/**
 * Returns the name under which a file is saved: the given one, followed by the extension of the
 * detected type if the given one contradicts it ("holiday.exe" with the bytes of a JPEG is saved as
 * "holiday.exe.jpg"). Unknown extensions are kept.
 */
export function downloadName(name: string, contentType: string): string {
  const type = contentType.split(";")[0];
  const given = name.match(/\.[\p{L}\p{N}-]{1,18}$/u)?.[0].toLowerCase() ?? "";
  if (isFitting(given, type)) return name;
  return name + (TYPE_EXTENSIONS.get(type) || ".bin");
}

function isFitting(given: string, type: string): boolean {
  if (given === TYPE_EXTENSIONS.get(type) || ALSO[type]?.includes(given)) return true;
  if (SCRIPTS.test(given)) return false;
  if (type === "application/xml" && PROGRAMS.test(given)) return false;
  if (OPEN_TYPES.includes(type)) return !hasOtherType(given, type);
  // A text may have any extension except those of other detectable types and those that are
  // executed or rendered when opened.
  if (type === "text/plain") return !PROGRAMS.test(given) && !hasOtherType(given, type);
  return false;
}

/**
 * True if files with this extension are detectable by their bytes, and these bytes are of another
 * type.
 */
function hasOtherType(extension: string, type: string): boolean {
  if (extension === "") return false;
  for (const [other, own] of TYPE_EXTENSIONS) {
    if (other === type || OPEN_TYPES.includes(other) || other === "text/plain") continue;
    if (own === extension || ALSO[other]?.includes(extension)) return true;
  }
  return false;
}
