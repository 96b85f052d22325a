import { emojiGroups, findEmoji, withTone } from "../../emoji/emoji_data.ts";
import { keptTone } from "../../emoji/recent_emoji.ts";
import { emojiTexts } from "../../texts/emoji/emoji.ts";
import { language } from "../../texts/texts.ts";
import type { CompletionSource } from "./source.ts";

const MAX_ITEMS = 8;

/** Emoji by their names, after `:`. */
export const emojiSource: CompletionSource = {
  trigger: ":",
  minLength: 2,
  title: () => emojiTexts.t().search,
  load: () => emojiTexts.load(),
  find(query, { app: { kept } }) {
    const groups = emojiGroups(emojiTexts.t(), language.value.code);
    const tone = keptTone(kept);
    return findEmoji(groups, query.replaceAll("_", " "), MAX_ITEMS).map(({ char, name }) => {
      const insert = withTone(char, tone);
      return { key: char, label: name, mark: insert, insert };
    });
  },
};
