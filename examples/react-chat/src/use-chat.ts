import { continuity, ResilientPubSubClient } from "express-resilient-pubsub/client";
import { useEffect, useRef, useState } from "react";
import { type Line, loadChat, saveChat } from "./saved-chat";

const ROOM = "lobby";
const MAX_LINES = 500;

/** A client that is connected as long as the component is there, and what was said. */
export function useChat(user: string) {
  const [lines, setLines] = useState<Line[]>([]);
  const [endpoint, setEndpoint] = useState<string>();
  const current = useRef<ResilientPubSubClient>(undefined);

  useEffect(() => {
    const saved = loadChat(user);
    let kept = saved.lines;
    function add(from: string, text: string) {
      kept = [...kept, { id: (kept.at(-1)?.id ?? 0) + 1, from, text }].slice(-MAX_LINES);
      setLines(kept);
    }
    setLines(kept);

    const client = new ResilientPubSubClient(`/negotiate?user=${encodeURIComponent(user)}`, {
      continuity: continuity({ since: saved.positions }),
    });
    client.on("group-message", ({ message: { data, fromUserId } }) => {
      const { text } = Object(data) as { text?: unknown };
      if (typeof text === "string") add(fromUserId, text); // else nothing that this page has sent
    });
    client.on("continuity", ({ recovered }) => {
      // Where you have a database, load what was said from there instead.
      if (!recovered) add("", "Some messages may be missing here.");
    });
    client.on("state-changed", () => setEndpoint(client.endpoint));
    client.on("stopped", ({ error }) => error && add("", `Disconnected: ${error.message}`));

    const save = () => saveChat(user, { lines: kept, positions: client.positions });
    addEventListener("pagehide", save);
    const ignore = () => {}; // stopped before it was connected, which the events above tell
    void client.start().then(() => client.joinGroup(ROOM), ignore);
    current.current = client;
    return () => {
      removeEventListener("pagehide", save);
      void client.stop();
    };
  }, [user]);

  /** Resolves when the message is kept, and will be sent to everybody, once, whatever fails meanwhile. */
  async function publish(text: string): Promise<void> {
    await current.current?.publish(ROOM, { text });
  }
  return { lines, endpoint, publish };
}
