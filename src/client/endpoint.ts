import { ChatError } from "./chat_error.ts";
import { FIRST_ENDPOINTS } from "./endpoints.ts";
import { misuse } from "./misuse.ts";

/** Describes how an operation is called. */
export interface Endpoint {
  isCommand: boolean;
  isPublic: boolean;
  /** Acts for the caller's account if there is a session. */
  takesSession: boolean;
  /** Undefined for a command of sockets only. */
  method?: string;
  /** Path below `/api`. */
  path?: string;
}

/** Throws `misuse` for a name that is not an operation. */
export async function endpointOf(name: string): Promise<Endpoint> {
  const [letters, method, path] = (own(FIRST_ENDPOINTS, name) ?? await otherEndpoint(name)).split(
    " ",
  );
  const [isCommand, isPublic, takesSession] = [..."spo"].map((letter) => letters.includes(letter));
  return { isCommand, isPublic, takesSession, method, path };
}

async function otherEndpoint(name: string): Promise<string> {
  const { ALL_ENDPOINTS, didYouMean } = await import("./other_endpoints.ts").catch((cause) => {
    throw new ChatError("offline", "The server cannot be reached", { cause });
  });
  const found = own(ALL_ENDPOINTS, name);
  if (found !== undefined) return found;
  const hint = didYouMean(name, Object.keys(ALL_ENDPOINTS));
  throw misuse(`call ${name}`, `there is no such operation${hint}`);
}

function own(table: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
