export default function Page() {
  return <p>Choose a chat</p>;
}
