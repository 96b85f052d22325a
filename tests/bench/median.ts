/** Returns the middle one of the values, the higher of the two if their number is even. */
export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
