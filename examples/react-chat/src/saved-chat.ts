import type { SavedPositions } from "express-resilient-pubsub/client";

export interface Line {
  id: number;
  /** Empty for what the page itself has to say. */
  from: string;
  text: string;
}

/** What was said, and how far that is. The two belong together: a page that is loaded anew goes on from there. */
interface SavedChat {
  lines: Line[];
  positions: SavedPositions | undefined;
}

const keyOf = (user: string): string => `chat of ${user}`;

export function loadChat(user: string): SavedChat {
  const text = sessionStorage.getItem(keyOf(user));
  return text ? JSON.parse(text) : { lines: [], positions: undefined };
}

export function saveChat(user: string, chat: SavedChat): void {
  sessionStorage.setItem(keyOf(user), JSON.stringify(chat));
}
