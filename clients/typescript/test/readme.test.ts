import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);

/** What the examples leave to their reader. */
const given: Record<string, string> = {
  client: 'declare const client: import("@peregrine-exchange/client").Client;',
  rows: 'import { rows } from "@peregrine-exchange/client";',
  follow: 'import { follow } from "@peregrine-exchange/client";',
  SearchCatalogue: 'import { SearchCatalogue } from "@peregrine-exchange/client";',
  offeringId: "declare const offeringId: string;",
  kept: "declare const kept: string;",
  show: "declare function show(text: string): void;",
  retryIn: "declare function retryIn(seconds: number): void;",
  signIn: "declare function signIn(): void;",
  index: "declare function index(entry: { availability: string }): void;",
  apply: "declare function apply(changes: { objectId: string }[]): Promise<void>;",
  keep: "declare function keep(cursor: string): void;",
};

test("the examples of the README compile", () => {
  const examples = [...readFileSync(new URL("README.md", root), "utf8").matchAll(/^```ts\n([^]*?)^```/gm)].map((m) => m[1]!);
  assert.ok(examples.length >= 4);
  const folder = new URL("dist/readme/", root);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = examples.map((example, i) => {
    const missing = Object.keys(given).filter((name) => new RegExp(`\\b${name}\\b`).test(example) && !new RegExp(`(const|import)\\s*({[^}]*)?\\b${name}\\b`).test(example));
    const file = fileURLToPath(new URL(`example${i + 1}.ts`, folder));
    writeFileSync(file, [...missing.map((name) => given[name]), example, "export {};"].join("\n"));
    return file;
  });
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext", "--lib", "es2023,dom,dom.iterable"];
  try {
    execFileSync(process.execPath, [fileURLToPath(new URL("node_modules/typescript/bin/tsc", root)), ...options, ...files], { cwd: fileURLToPath(root), encoding: "utf8" });
  } catch (fault) {
    assert.fail((fault as { stdout: string }).stdout);
  }
});
