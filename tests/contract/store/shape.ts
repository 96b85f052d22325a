/** Members of a union inside a row are distinguished by these fields. */
const DISCRIMINANTS = ["type", "kind", "method"];

type Fields = Record<string, unknown>;

/**
 * Returns the fields that `row` lacks of those that `models` have, at every depth ("media[].size").
 * Where `row` has null or no entries there is no depth to compare.
 */
export function lackingFields(row: unknown, models: unknown[]): string[] {
  const known = models.flatMap((model) => objectsIn(model, ""));
  return objectsIn(row, "").flatMap(([path, object]) => {
    const alike = known.filter(([at, model]) => at === path && isSameVariant(model, object));
    const wanted = new Set(alike.flatMap(([, model]) => Object.keys(model)));
    return [...wanted].filter((field) => !(field in object)).map((field) => path + field);
  });
}

/**
 * Returns the fields of `row` whose type is none of those that the field has in `models`, at every
 * depth, with the type ("at: string"). A field that is null in all of them may have any type.
 */
export function otherTypes(row: unknown, models: unknown[]): string[] {
  const known = models.flatMap((model) => objectsIn(model, ""));
  return objectsIn(row, "").flatMap(([path, object]) => {
    const alike = known.filter(([at, model]) => at === path && isSameVariant(model, object));
    return Object.entries(object).flatMap(([name, value]) => {
      const types = new Set(
        alike.flatMap(([, model]) => name in model ? [typeOf(model[name])] : []),
      );
      const isKnown = types.has(typeOf(value)) || [...types].every((type) => type === "null");
      return isKnown ? [] : [`${path}${name}: ${typeOf(value)}`];
    });
  });
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? value.constructor.name : typeof value;
}

/** Every object in a value, with the path of its fields. */
function objectsIn(value: unknown, path: string): [string, Fields][] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((entry) => objectsIn(entry, path));
  const inner = Object.entries(value).flatMap(([name, field]) =>
    objectsIn(field, `${path}${name}${Array.isArray(field) ? "[]" : ""}.`)
  );
  return [[path, value as Fields], ...inner];
}

function isSameVariant(a: Fields, b: Fields): boolean {
  return isRow(b) || DISCRIMINANTS.every((name) => a[name] === b[name]);
}

/** Rows and attachments have all of their fields whatever their kind. */
function isRow(object: Fields): boolean {
  return "createdAt" in object || "size" in object;
}
