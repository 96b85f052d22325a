/**
 * Registers two people, sends, lists, reacts and uploads with the client of @hey-api/openapi-ts.
 */
import { client } from "./hey/client.gen";
import {
  authRegister,
  mediaDownload,
  mediaUpload,
  messageList,
  messageReact,
  messageSend,
} from "./hey/sdk.gen";

async function main(url: string, prefix: string) {
  client.setConfig({ baseUrl: url });
  const register = async (name: string) => {
    const email = `${name}@example.org`;
    const body = { username: name, email, password: "correct horse battery" };
    return (await authRegister({ throwOnError: true, body })).data;
  };
  const [ann, bob] = [await register(`${prefix}ann`), await register(`${prefix}bob`)];
  client.setConfig({ auth: () => ann.accessToken });
  const common = { throwOnError: true } as const;
  const file = new File(["hello from hey"], "hello.txt");
  const { data: uploaded } = await mediaUpload({ ...common, body: { file } });
  const { data: sent } = await messageSend({
    ...common,
    body: { recipientId: bob.user.id, text: "from hey", mediaIds: [uploaded.id] },
  });
  const { data: listed } = await messageList({
    ...common,
    path: { id: sent.chatId },
    query: { limit: 10 },
  });
  const { data: reacted } = await messageReact({
    ...common,
    path: { messageId: sent.id },
    body: { emoji: "👍" },
  });
  const path = { mediaId: uploaded.id };
  const { data: downloaded } = await mediaDownload({ ...common, path, parseAs: "blob" });
  const { error } = await messageList({ path: { id: ann.user.id } });
  return {
    texts: listed.items.map(({ text }) => text),
    reaction: reacted.reactions[0].emoji,
    size: Number(uploaded.size),
    bytes: await (downloaded as Blob).text(),
    refused: error?.code,
  };
}

main(Deno.args[0], Deno.args[1]).then((result) => console.log(JSON.stringify(result)));
