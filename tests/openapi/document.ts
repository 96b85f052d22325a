import type { Operation } from "../../src/api/operation.ts";
import type { AnySchema } from "../tools/operation_fields.ts";
import { RunningApp } from "../support/running_app.ts";

export interface Described {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters?: { name: string; in: string; description?: string; schema: AnySchema }[];
  requestBody?: AnySchema;
  responses: Record<string, AnySchema>;
}

export interface OpenApi {
  tags: { name: string; description?: string }[];
  paths: Record<string, Record<string, Described>>;
  components: Record<string, Record<string, AnySchema>>;
}

export interface Documents {
  openApi: OpenApi;
  asyncApi: AnySchema;
  operations: readonly Operation[];
}

let made: Promise<Documents> | undefined;

/**
 * Documents of a server with the default configuration, fetched once for the tests that walk them.
 */
export function documents(): Promise<Documents> {
  return made ??= fetchDocuments();
}

async function fetchDocuments(): Promise<Documents> {
  await using app = await RunningApp.start();
  const { body: openApi } = await app.client().get("/api/openapi.json");
  const { body: asyncApi } = await app.client().get("/api/asyncapi.json");
  return { openApi, asyncApi, operations: app.app.operations };
}

/** Returns every operation of the document with its method and path. */
export function describedIn({ paths }: OpenApi): [path: string, method: string, Described][] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]): [string, string, Described] => [
      path,
      method,
      described,
    ])
  );
}

/** Returns every object in the document with its path, `#/components/schemas/Message`. */
export function* objectsIn(value: unknown, at = "#"): Generator<[string, AnySchema]> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield [at, value];
  for (const [key, inner] of Object.entries(value)) yield* objectsIn(inner, `${at}/${key}`);
}
