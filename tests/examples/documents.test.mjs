// What the pages say of options and of published weaknesses is what the header and the tests say.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";

const root = new URL("../../", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const pages = ["docs/security.md", ...readdirSync(new URL("docs/guide/", root)).map((name) => `docs/guide/${name}`)];

/** The defaults of all numbers and times: { ping_interval: 25000, ... }, in bytes or milliseconds. */
function defaults_in_the_header() {
  const found = {};
  const member = /^ {2}(?:std::size_t|unsigned|std::chrono::milliseconds)\s+(\w+)\s*(?:=\s*([^;]+)|\{\s*([^}]+)\})\s*;/gm;
  for (const [, name, assigned, braced] of read("include/socketio/server_options.hpp").matchAll(member)) {
    const factors = (assigned ?? braced).replaceAll("'", "").split("*").map(Number);
    found[name] = factors.reduce((product, factor) => product * factor);
  }
  return found;
}

/** "10 s", "4 MiB", "1,000,000 bytes", "10,000 questions ..." as a number; undefined for what is none. */
function number_in(text) {
  const match = text.match(/^([\d,]+)(?: (\w+))?/);
  if (!match) return undefined;
  const units = { s: 1000, ms: 1, KiB: 1024, MiB: 1024 * 1024 };
  return Number(match[1].replaceAll(",", "")) * (units[match[2]] ?? 1);
}

test("the defaults in the tables are those of the options", () => {
  const defaults = defaults_in_the_header();
  let compared = 0;
  for (const page of pages) {
    for (const [, name, said] of read(page).matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)) {
      if (defaults[name] === undefined || number_in(said) === undefined) continue;
      assert.equal(number_in(said), defaults[name], `${page} says that ${name} is ${said}`);
      compared++;
    }
  }
  assert.ok(compared > 30, `only ${compared} were compared`);
});

test("the page on security names every weakness that is tried", () => {
  const ids = (text) => [...new Set(text.match(/CVE-\d+-\d+|GHSA(?:-\w{4}){3}/g))].sort();
  assert.deepEqual(ids(read("docs/security.md")), ids(read("tests/conformance/advisories.test.mjs")));
});
