import { sharedMongodb } from "./mongodb_server.ts";

export interface TestedStore {
  name: string;
  /** For `Deno.test`: true where the store's server is not installed. */
  ignore: boolean;
  /** Returns the configuration that selects the store, with an unused database. */
  environment(): Record<string, string>;
}

/** The stores on which a server must behave alike; call it at a file's top level. */
export function testedStores(): TestedStore[] {
  const mongodb = sharedMongodb();
  return [
    { name: "SQLite", ignore: false, environment: () => ({}) },
    {
      name: "MongoDB",
      ignore: mongodb.missing,
      environment: () => ({ MONGODB_URI: mongodb.uri() }),
    },
  ];
}
