/** A document that administrators keep, by its name. */
export interface Setting {
  id: string;
  value: unknown;
  updatedBy: string;
  updatedAt: number;
}
