import { type FormEvent, useState } from "react";
import { useChat } from "./use-chat";

export function Chat({ user }: { user: string }) {
  const { lines, endpoint, publish } = useChat(user);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");

  async function send(event: FormEvent) {
    event.preventDefault();
    setText("");
    setProblem("");
    try {
      await publish(text);
    } catch (error) {
      setText(text);
      setProblem(`Not sent: ${error instanceof Error ? error.message : error}`);
    }
  }
  return (
    <main>
      <h1>Lobby</h1>
      <p role="status">{endpoint ? `Connected to ${endpoint}` : "Connecting ..."}</p>
      <ol>
        {lines.map(({ id, from, text }) => (
          <li key={id}>
            {from && <b>{from}</b>} {text}
          </li>
        ))}
      </ol>
      <form onSubmit={send}>
        <label>
          Message{" "}
          <input
            value={text}
            onChange={({ target }) => setText(target.value)}
            autoComplete="off"
            required
          />
        </label>
        <button type="submit">Send</button>
      </form>
      <p role="alert">{problem}</p>
    </main>
  );
}
