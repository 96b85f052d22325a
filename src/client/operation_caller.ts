import { ChatError } from "./chat_error.ts";
import { type Endpoint, endpointOf } from "./endpoint.ts";
import { misuse } from "./misuse.ts";
import type { Input, OperationName, Output, Rest } from "./rest.ts";
import type { SignIn } from "./sign_in.ts";
import type { ChatSocket } from "./socket.ts";

/** A frame may have 64 KiB: larger requests go over HTTP. */
const MAX_FRAME_LENGTH = 48 * 1024;

/** Calls operations for the signed-in user, over the available connection. */
export class OperationCaller {
  constructor(
    private readonly rest: Rest,
    private readonly signIn: SignIn,
    private readonly socket: ChatSocket,
  ) {}

  /**
   * Calls over the socket if it is connected, otherwise over HTTP. Throws `offline` if neither
   * works.
   */
  async call<Name extends OperationName>(
    name: Name,
    input: Input<Name>,
  ): Promise<Output<Name>> {
    const endpoint = await endpointOf(name);
    if (typeof input !== "object" || input === null) {
      throw misuse(`call ${name}`, `its input has to be an object. It is ${input}`);
    }
    if (this.#goesBySocket(endpoint, input)) {
      try {
        return await this.socket.request(name, input) as Output<Name>;
      } catch (error) {
        if (!isOffline(error) || !isRepeatable(name, input)) throw error;
      }
    }
    if (!endpoint.path) throw new ChatError("offline", `There is no connection for ${name}`);
    if (endpoint.takesSession) return await this.rest.call(name, input, await this.#tokenIfAny());
    if (endpoint.isPublic) return await this.rest.call(name, input);
    return await this.signIn.withToken((token) => this.rest.call(name, input, token));
  }

  /**
   * A wrong code or password must not be sent twice, so there is no second attempt with a newer
   * token.
   */
  async #tokenIfAny(): Promise<string | undefined> {
    if (this.signIn.user === null) return undefined;
    try {
      return await this.signIn.token();
    } catch (error) {
      if (error instanceof ChatError && error.code === "signed_out") return undefined;
      throw error;
    }
  }

  #goesBySocket({ isCommand }: Endpoint, input: unknown): boolean {
    return this.socket.state === "online" && isCommand &&
      JSON.stringify(input).length < MAX_FRAME_LENGTH;
  }
}

function isOffline(error: unknown): boolean {
  return error instanceof ChatError && error.code === "offline";
}

/**
 * True for commands that may be repeated after a broken connection may have executed them: all but
 * a send without a clientId.
 */
function isRepeatable(name: string, input: object): boolean {
  return name !== "message.send" || ("clientId" in input && input.clientId !== undefined);
}
