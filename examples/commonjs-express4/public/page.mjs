import { ResilientPubSubClient } from "/client.js";

const [endpoint, login, user, send, text, messages] = [
  "endpoint",
  "login",
  "user",
  "send",
  "text",
  "messages",
].map((id) => document.getElementById(id));

function show(line) {
  const item = document.createElement("li");
  item.textContent = line;
  messages.append(item);
}

async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) show(`${path} answered ${response.status}`);
  return response.ok;
}

const client = new ResilientPubSubClient("/negotiate"); // of this origin, so the cookie goes with it
client.on("connected", (connection) => {
  endpoint.value = connection.endpoint;
});
client.on("server-message", ({ message: { data } }) => show(`${data.from}: ${data.text}`));
client.on("stopped", ({ error }) => error && show(`stopped: ${error.message}`));

login.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!(await post("/login", { user: user.value }))) return;
  await client.start();
  login.hidden = true;
  send.hidden = false;
});
send.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await post("/messages", { text: text.value })) send.reset();
});
