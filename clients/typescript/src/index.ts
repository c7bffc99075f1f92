export * from "./changes.js";
export * from "./client.js";
export * from "./errors.js";
export * from "./operations.js";
export * from "./paging.js";
export * from "./portal.js";
