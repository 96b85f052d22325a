/**
 * Returns `. Did you mean …?` with the name that is closest to a wrong one, or an empty text if
 * none is close.
 */
export function didYouMean(wrong: string, names: readonly string[]): string {
  const distances = names.map((name) => distance(wrong.toLowerCase(), name.toLowerCase()));
  const least = Math.min(...distances);
  return least > 1 + wrong.length / 4 ? "" : `. Did you mean ${names[distances.indexOf(least)]}?`;
}

/** Returns the number of letters to add, remove or replace (Levenshtein). */
function distance(a: string, b: string): number {
  let above = [...Array(b.length + 1).keys()];
  for (let i = 0; i < a.length; i++) {
    const row = [i + 1];
    for (let j = 0; j < b.length; j++) {
      row.push(Math.min(row[j] + 1, above[j + 1] + 1, above[j] + Number(a[i] !== b[j])));
    }
    above = row;
  }
  return above[b.length];
}
