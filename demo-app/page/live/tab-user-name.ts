const NAMES = [
  "ada",
  "alan",
  "barbara",
  "dorothy",
  "edsger",
  "grace",
  "hedy",
  "katherine",
  "radia",
];

/** The address may name the user; otherwise this tab makes a name up, and keeps it. */
export function tabUserName(query: URLSearchParams): string {
  const user = query.get("user") || sessionStorage.getItem("user") || newName();
  sessionStorage.setItem("user", user);
  return user;
}

function newName(): string {
  const name = NAMES[Math.floor(Math.random() * NAMES.length)];
  return `${name}-${Math.floor(Math.random() * 90 + 10)}`;
}
