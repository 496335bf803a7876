// Preloaded: the names of the services of compose.yaml lead to this machine.
const dns = require("node:dns");
const { syncBuiltinESMExports } = require("node:module");

const names = new Set(["eastus", "westus", "redis", "app"]);
const { lookup } = dns;
dns.lookup = (name, ...rest) => lookup(names.has(name) ? "127.0.0.1" : name, ...rest);
syncBuiltinESMExports();
