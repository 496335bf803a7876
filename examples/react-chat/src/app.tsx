import { type FormEvent, useState } from "react";
import { Chat } from "./chat";

const USER = "user";

export function App() {
  const [user, setUser] = useState(() => sessionStorage.getItem(USER));
  if (user) return <Chat user={user} />;

  function enter(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name"));
    sessionStorage.setItem(USER, name);
    setUser(name);
  }
  return (
    <form onSubmit={enter}>
      <label>
        Name <input name="name" required />
      </label>
      <button type="submit">Enter</button>
    </form>
  );
}
