"use client";

import { ResilientPubSubClient } from "express-resilient-pubsub/client";
import { useEffect, useState } from "react";

export function Messages({ user }) {
  const [endpoint, setEndpoint] = useState();
  const [texts, setTexts] = useState([]);
  const [problem, setProblem] = useState("");

  useEffect(() => {
    const client = new ResilientPubSubClient(`/api/negotiate?user=${encodeURIComponent(user)}`);
    client.on("state-changed", () => setEndpoint(client.endpoint));
    client.on("server-message", ({ message }) => {
      setTexts((texts) => [...texts, message.data.text]);
    });
    client.on("stopped", ({ error }) => error && setProblem(error.message));
    client.start().catch(() => {}); // what has stopped it is told by the event above
    return () => void client.stop();
  }, [user]);

  async function send(form) {
    const response = await fetch("/api/messages", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text: form.get("text") }),
    });
    setProblem(response.ok ? "" : `Not sent: ${response.status}`);
  }

  return (
    <main>
      <h1>{endpoint ? `Connected to ${endpoint}` : "Connecting ..."}</h1>
      <form action={send}>
        <label>
          Message <input name="text" required />
        </label>
        <button type="submit">Send to everybody</button>
      </form>
      <ul>
        {texts.map((text, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines are added at the end, and stay
          <li key={index}>{text}</li>
        ))}
      </ul>
      <p role="alert">{problem}</p>
    </main>
  );
}
