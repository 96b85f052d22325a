import { HttpClient } from "./http_client.ts";
import type { ServerProcess } from "./server_process.ts";
import { WsClient } from "./ws_client.ts";

interface DeclaredCommand {
  name: string;
  description: string;
  usage: string;
}

interface ReceivedCommand {
  name: string;
  args: string;
}

export interface Bot extends AsyncDisposable {
  /** Responses other than the expected ones. */
  faults: string[];
}

/** Signs a bot in, declares its commands, and lets it write an answer to each that it receives. */
export async function startBot(
  server: ServerProcess,
  token: string,
  commands: DeclaredCommand[],
  answer: (command: ReceivedCommand) => string,
): Promise<Bot> {
  const { body: session } = await new HttpClient(server.url).post("/api/bots/sign-in", { token });
  const http = new HttpClient(server.url, session.accessToken);
  const faults: string[] = [];
  const declared = await http.put("/api/bots/commands", { commands });
  if (declared.status !== 200) faults.push(JSON.stringify(declared.body));
  const { client } = await WsClient.connect(server.webSocketUrl, session.accessToken);
  client.onEvent = async ({ event, chatId, data }) => {
    if (event !== "command") return;
    const sent = await http.post("/api/messages", {
      chatId,
      text: answer(data as ReceivedCommand),
    });
    if (sent.status !== 201) faults.push(JSON.stringify(sent.body));
  };
  return { faults, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
}
