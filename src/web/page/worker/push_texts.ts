import type { LanguageCode } from "../texts/texts.ts";

/**
 * Texts of pushes that come without content: those of encrypted chats, and all pushes to a person
 * who asked for it.
 */
const PLAIN: Record<LanguageCode, Record<string, string>> = {
  en: {
    message: "New message",
    mention: "You were mentioned",
    reply: "New reply",
    reaction: "New reaction",
    added_to_group: "You are in a new group",
    role_changed: "You have another role in a group",
    contact_request: "New request",
    security: "Your account was changed",
  },
  de: {
    message: "Neue Nachricht",
    mention: "Du wurdest erwähnt",
    reply: "Neue Antwort",
    reaction: "Neue Reaktion",
    added_to_group: "Du bist in einer neuen Gruppe",
    role_changed: "Du hast eine andere Rolle in einer Gruppe",
    contact_request: "Neue Anfrage",
    security: "Dein Konto wurde geändert",
  },
  ar: {
    message: "رسالة جديدة",
    mention: "تمت الإشارة إليك",
    reply: "رد جديد",
    reaction: "تفاعل جديد",
    added_to_group: "أنت في مجموعة جديدة",
    role_changed: "لديك دور آخر في مجموعة",
    contact_request: "طلب جديد",
    security: "تم تغيير حسابك",
  },
};

/** Returns the text for a kind of push; unknown kinds of a later server are messages. */
export function plainText(kind: string, language: LanguageCode): string {
  const texts = PLAIN[language] ?? PLAIN.en;
  return texts[kind] ?? texts.message;
}

/** Returns the language of the browser, if the page has it. */
export function browserLanguage(languages: readonly string[]): LanguageCode {
  const codes = languages.map((each) => each.split("-")[0]);
  return codes.find((code): code is LanguageCode => code in PLAIN) ?? "en";
}
