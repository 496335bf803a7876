// Loaded before the program: a server of it takes forever to close.
require("node:net").Server.prototype.close = function close() {
  return this;
};
