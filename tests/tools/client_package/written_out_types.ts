import ts from "typescript";

/** Types that keep their names: JSON is recursive, and cannot be written out. */
export const KEPT_NAMES: ReadonlySet<string> = new Set(["CustomData", "JsonValue"]);

/**
 * Writes types as plain TypeScript, without the names that they were built from. A type that was
 * written under a name before appears by that name from then on.
 */
export function writtenOut(checker: ts.TypeChecker): (type: ts.Type, name: string) => string {
  const names = new Map<string, string>();

  function text(type: ts.Type): string {
    const alias = type.aliasSymbol?.name;
    if (alias !== undefined && KEPT_NAMES.has(alias)) return alias;
    const written = structure(type);
    return names.get(written) ?? written;
  }

  function structure(type: ts.Type): string {
    if (type.flags & ts.TypeFlags.Boolean) return "boolean";
    if (type.isUnion()) return union(type);
    if (type.isIntersection()) return type.types.map(text).join(" & ");
    if (checker.isTupleType(type)) {
      return `[${checker.getTypeArguments(type as ts.TypeReference).map(text).join(", ")}]`;
    }
    if (checker.isArrayType(type)) {
      return `${inner(checker.getTypeArguments(type as ts.TypeReference)[0])}[]`;
    }
    if (!(type.flags & ts.TypeFlags.Object)) return checker.typeToString(type);
    if (type.getCallSignatures().length > 0 || isOfPlatform(type)) {
      return checker.typeToString(type);
    }
    return object(type);
  }

  /** Writes `true | false` as boolean among other types, and undefined last, as a person would. */
  function union(type: ts.UnionType): string {
    const parts = new Set(type.types.map(text));
    if (parts.has("true") && parts.has("false")) {
      for (const each of ["true", "false"]) parts.delete(each);
      parts.add("boolean");
    }
    return [...parts].sort((a, b) => order(a) - order(b)).join(" | ");
  }

  function object(type: ts.Type): string {
    const indices = checker.getIndexInfosOfType(type).map(({ keyType, type }) =>
      `[key: ${text(keyType)}]: ${text(type)};`
    );
    const fields = checker.getPropertiesOfType(type).map((field) => {
      const isOptional = (field.flags & ts.SymbolFlags.Optional) !== 0;
      const value = checker.getTypeOfSymbol(field);
      const shown = isOptional ? checker.getNonNullableType(value) : value;
      const isNullable = isOptional && value.isUnion() &&
        value.types.some(({ flags }) => flags & ts.TypeFlags.Null);
      return `${key(field.name)}${isOptional ? "?" : ""}: ${text(shown)}${
        isNullable ? " | null" : ""
      };`;
    });
    const all = [...indices, ...fields];
    return all.length === 0 ? "Record<string, never>" : `{\n${indented(all.join("\n"))}\n}`;
  }

  function inner(type: ts.Type): string {
    const written = text(type);
    return /[|&]/.test(written) && !/^[{[]/.test(written) ? `(${written})` : written;
  }

  return (type, name) => {
    const written = structure(type);
    names.set(written, name);
    return written;
  };
}

function order(part: string): number {
  return ["null", "undefined"].indexOf(part) + 1;
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function indented(lines: string): string {
  return lines.replace(/^/gm, "  ");
}

/** A class of the platform, such as Uint8Array: it has one name everywhere. */
function isOfPlatform(type: ts.Type): boolean {
  const [declaration] = type.symbol?.declarations ?? [];
  return declaration !== undefined &&
    /\/lib\.[\w.]+\.d\.ts$/.test(declaration.getSourceFile().fileName) &&
    type.symbol.name !== "__type";
}
