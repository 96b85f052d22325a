/**
 * Marks that folding removes: accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic,
 * tatweel, and characters without width. All other marks are part of the spelling (vowel signs of
 * India and Southeast Asia, dakuten of Japan) and stay.
 */
const FOLDED_MARKS =
  /[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]/g;

/**
 * Letters that Unicode does not decompose but that people type without their stroke, tail or dots.
 */
const LETTERS: Record<string, string> = {
  "ß": "ss",
  "æ": "ae",
  "œ": "oe",
  "ø": "o",
  "ł": "l",
  "đ": "d",
  "ð": "d",
  "þ": "th",
  "ħ": "h",
  "ŧ": "t",
  "ı": "i",
  "ς": "σ",
  "ٱ": "ا",
  "ى": "ي",
  "ی": "ي",
  "ک": "ك",
  "ة": "ه",
  ...arabicDigits(0x0660),
  ...arabicDigits(0x06f0),
};
const FOLDED_LETTERS = new RegExp(`[${Object.keys(LETTERS).join("")}]`, "g");

function arabicDigits(zero: number): Record<string, string> {
  const digits = Array.from({ length: 10 }, (_, i) => [String.fromCharCode(zero + i), `${i}`]);
  return Object.fromEntries(digits);
}

/** Returns the text in the one form in which words are compared. */
export function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase().normalize("NFD")
    .replace(FOLDED_MARKS, "")
    .replace(FOLDED_LETTERS, (letter) => LETTERS[letter])
    .normalize("NFC");
}
