import { withEmoji } from "../emoji_of.ts";

const ENTITIES: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

export interface MarkupNames {
  /** The username of a person, for `@username`; null for an unknown one. */
  username(id: string): string | null;
}

/** Blocks and spans of code, in which nothing is a mark. */
const CODE = /(```[\s\S]*?```|`[^`\n]*`)/;
/** A mark around words, which neither continues a word nor ends within one. */
const BOLD = /(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])/g;
const STRUCK = /(?<![\w~])~(\S(?:[^~\n]*\S)?)~(?![\w~])/g;

/**
 * Turns Slack's markup into Markdown with `@username`, and returns the people whom it mentions.
 */
export function fromSlackText(
  text: string,
  names: MarkupNames,
): { text: string; mentioned: string[] } {
  const mentioned: string[] = [];
  const plain = withMarks(text).replace(
    /<([^<>|]+)(?:\|([^<>]*))?>/g,
    (_, target: string, label = "") => {
      const [sign, id] = [target[0], target.slice(1)];
      if (sign === "@") {
        const username = names.username(id);
        if (username !== null) mentioned.push(id);
        return `@${username ?? (label || id)}`;
      }
      if (sign === "#") return `#${label || id}`;
      if (sign === "!") return special(id, label);
      return linkOf(target, label);
    },
  );
  const decoded = withEmoji(plain).replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);
  return { text: decoded, mentioned };
}

/** Italics and code are written alike in both. */
function withMarks(text: string): string {
  return text.split(CODE).map((part, at) => {
    return at % 2 === 1 ? part : part.replace(BOLD, "**$1**").replace(STRUCK, "~~$1~~");
  }).join("");
}

/** `<!here>`, `<!subteam^S1|@team>`, `<!date^1^{date}|Feb 18>`. */
function special(id: string, label: string): string {
  const [name] = id.split("^");
  return name === "date" ? label || id : label || `@${name}`;
}

/** A label that says no more than the address is left out. */
function linkOf(target: string, label: string): string {
  const address = target.replace(/^mailto:/, "");
  const isSame = label === "" || address.replace(/^https?:\/\//, "").startsWith(
    label.replace(/^https?:\/\//, "").replace(/…$/, ""),
  );
  return isSame ? address : `${label} (${address})`;
}
