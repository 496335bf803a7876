import { ResilientPubSubClient } from "/client.js";

const [endpoint, form, text, messages] = ["endpoint", "form", "text", "messages"].map((id) =>
  document.getElementById(id),
);

function show(line) {
  const item = document.createElement("li");
  item.textContent = line;
  messages.append(item);
}

const client = new ResilientPubSubClient("/negotiate?user=ada");
client.on("connected", (connection) => {
  endpoint.value = connection.endpoint;
});
client.on("moved", ({ from, to, downtimeInMs }) => {
  show(`moved from ${from} to ${to} in ${Math.round(downtimeInMs)} ms`);
});
client.on("server-message", ({ message }) => show(message.data.text));
client.on("stopped", ({ error }) => error && show(`stopped: ${error.message}`));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const response = await fetch("/messages", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ text: text.value }),
  });
  if (!response.ok) return show(`not sent: ${response.status}`);
  form.reset();
});

await client.start();
