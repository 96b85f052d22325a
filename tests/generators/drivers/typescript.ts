/**
 * Registers two people, sends, lists, reacts and uploads with openapi-fetch and openapi-typescript.
 */
import createClient from "openapi-fetch";
import type { paths } from "./openapi";

/** Returns the data of a response, and throws its error. */
function dataOf<Data>({ data, error }: { data?: Data; error?: unknown }): Data {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

async function main(url: string, prefix: string) {
  const visitor = createClient<paths>({ baseUrl: url });
  const register = async (name: string) => {
    const email = `${name}@example.org`;
    const body = { username: name, email, password: "correct horse battery" };
    return dataOf(await visitor.POST("/api/auth/register", { body }));
  };
  const [ann, bob] = [await register(`${prefix}ann`), await register(`${prefix}bob`)];
  const headers = { authorization: `Bearer ${ann.accessToken}` };
  const mine = createClient<paths>({ baseUrl: url, headers });
  const uploaded = dataOf(
    await mine.POST("/api/media/upload", {
      body: { file: "" },
      bodySerializer: () => {
        const form = new FormData();
        form.set("file", new File(["hello from typescript"], "hello.txt"));
        return form;
      },
    }),
  );
  const sent = dataOf(
    await mine.POST("/api/messages", {
      body: { recipientId: bob.user.id, text: "from typescript", mediaIds: [uploaded.id] },
    }),
  );
  const history = (id: string) =>
    mine.GET("/api/messages/{id}", { params: { path: { id }, query: { limit: 10 } } });
  const listed = dataOf(await history(sent.chatId));
  const reacted = dataOf(
    await mine.POST("/api/messages/{messageId}/react", {
      params: { path: { messageId: sent.id } },
      body: { emoji: "👍" },
    }),
  );
  const downloaded = dataOf(
    await mine.GET("/api/media/{mediaId}", {
      params: { path: { mediaId: uploaded.id } },
      parseAs: "text",
    }),
  );
  const { error } = await history(ann.user.id);
  return {
    texts: listed.items.map(({ text }) => text),
    reaction: reacted.reactions[0].emoji,
    size: uploaded.size,
    bytes: downloaded,
    refused: error?.code,
  };
}

main(Deno.args[0], Deno.args[1]).then((result) => console.log(JSON.stringify(result)));
