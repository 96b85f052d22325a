/**
 * Every operation of the server, by name. Made from the operations themselves by
 * `deno task client:endpoints`; a test fails when it is out of date.
 */

export interface DeclaredOperations {
}

/** Method and path under /api. */
export const ROUTES = {} as const;

/** What sockets take as commands. */
export const COMMANDS = [] as const;

/** What needs no session. */
export const PUBLIC = [] as const;

/** Those of them that act for the caller's account when a session comes along. */
export const OPTIONAL_SESSION = [] as const;
