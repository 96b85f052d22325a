/** Registers two people, sends, lists, reacts and uploads with the client of typescript-fetch. */
import {
  AuthenticationApi,
  Configuration,
  MediaApi,
  MessagesApi,
  ResponseError,
} from "./fetch/index";

async function main(url: string, prefix: string) {
  const authentication = new AuthenticationApi(new Configuration({ basePath: url }));
  const register = (name: string) =>
    authentication.authRegister({
      authRegisterRequest: {
        username: name,
        email: `${name}@example.org`,
        password: "correct horse battery",
      },
    });
  const [ann, bob] = [await register(`${prefix}ann`), await register(`${prefix}bob`)];
  const mine = new Configuration({ basePath: url, accessToken: ann.accessToken });
  const [media, messages] = [new MediaApi(mine), new MessagesApi(mine)];
  const uploaded = await media.mediaUpload({
    file: new File(["hello from fetch"], "hello.txt"),
  });
  const sent = await messages.messageSend({
    messageSendRequest: {
      recipientId: bob.user.id,
      text: "from fetch",
      mediaIds: [uploaded.id],
    },
  });
  const listed = await messages.messageList({ id: sent.chatId, limit: 10 });
  const reacted = await messages.messageReact({
    messageId: sent.id,
    messageReactRequest: { emoji: "👍" },
  });
  const downloaded = await media.mediaDownload({ mediaId: uploaded.id });
  const refused = await messages.messageList({ id: ann.user.id }).then(
    () => null,
    async (error: ResponseError) => (await error.response.json()).code,
  );
  return {
    texts: listed.items.map(({ text }) => text),
    reaction: reacted.reactions[0].emoji,
    size: uploaded.size,
    bytes: await downloaded.text(),
    refused,
  };
}

main(Deno.args[0], Deno.args[1]).then((result) => console.log(JSON.stringify(result)));
