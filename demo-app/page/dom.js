/** Text goes in as text, never as markup: some of it was typed by strangers. */
export function element(tag, { className, text, ...attributes } = {}, ...children) {
  const created = document.createElement(tag);
  if (className) created.className = className;
  if (text !== undefined) created.textContent = text;
  for (const [name, value] of Object.entries(attributes)) created.setAttribute(name, value);
  created.append(...children);
  return created;
}

/** The colour and shape of an endpoint, by its number. */
export function markElement(number) {
  return element("span", { className: "mark", "data-mark": number, "aria-hidden": "true" });
}

export function byId(id) {
  return document.getElementById(id);
}

/** `340 ms`, `12 s`, `3 min`, `2 h`. */
export function duration(inMs) {
  if (inMs < 1000) return `${Math.max(0, Math.round(inMs))} ms`;
  if (inMs < 10_000) return `${Number((inMs / 1000).toFixed(1))} s`;
  if (inMs < 60_000) return `${Math.round(inMs / 1000)} s`;
  if (inMs < 3_600_000) return `${Math.floor(inMs / 60_000)} min`;
  return `${Math.floor(inMs / 3_600_000)} h`;
}

/** `14:03:27.081` */
export function clockTime(at) {
  const date = new Date(at);
  const pad = (number, width = 2) => String(number).padStart(width, "0");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => pad(n)).join(":");
  return `${time}.${pad(date.getMilliseconds(), 3)}`;
}

/** Why an endpoint is down, for people: `status(503)` becomes `status 503`. */
export function plainReason(reason) {
  return reason.replace(/^status\((\d+)\)$/, "status $1");
}
