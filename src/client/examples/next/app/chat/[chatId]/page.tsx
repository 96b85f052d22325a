import { Chat } from "./chat";

export default async function Page({ params }: { params: Promise<{ chatId: string }> }) {
  return <Chat chatId={(await params).chatId} />;
}
