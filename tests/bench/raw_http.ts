const TEXT = new TextEncoder();
const LATIN = new TextDecoder("latin1");

/**
 * A kept HTTP connection that does as little as possible: it posts JSON, one request after another,
 * and reads the status. `fetch` costs as much as the servers that it would measure.
 */
export class RawHttp {
  #chunk = new Uint8Array(16_384);

  private constructor(private readonly connection: Deno.TcpConn, private readonly head: string) {}

  static async open(port: number, path: string, token?: string): Promise<RawHttp> {
    const connection = await Deno.connect({ port, hostname: "127.0.0.1" });
    connection.setNoDelay();
    const authorization = token ? `Authorization: Bearer ${token}\r\n` : "";
    const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${authorization}` +
      "Content-Type: application/json\r\nContent-Length: ";
    return new RawHttp(connection, head);
  }

  /** Throws for every status but 201. */
  async post(body: string): Promise<void> {
    const request = TEXT.encode(`${this.head}${TEXT.encode(body).length}\r\n\r\n${body}`);
    for (let sent = 0; sent < request.length;) {
      sent += await this.connection.write(request.subarray(sent));
    }
    let answer = "";
    while (!isWhole(answer)) {
      const read = await this.connection.read(this.#chunk);
      if (read === null) throw new Error(`The connection was closed after ${answer.length} bytes`);
      answer += LATIN.decode(this.#chunk.subarray(0, read));
    }
    if (!answer.startsWith("HTTP/1.1 201")) throw new Error(`Cannot post: ${answer}`);
  }

  close(): void {
    this.connection.close();
  }
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(answer.slice(0, end))?.[1];
  if (length === undefined) throw new Error(`An answer without a length: ${answer.slice(0, end)}`);
  return answer.length >= end + 4 + Number(length);
}
