// Starts the server under test (CONTRACT.md), gives access to its observations, actions and counters.
// SOCKETIO_SERVER names the program; unset, it is the official Node server behind the same contract.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { request } from "node:http";
import { request as secure_request } from "node:https";
import { createInterface } from "node:readline";
import { after, afterEach, before } from "node:test";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { disconnect_clients } from "./client.mjs";
import { destroy_connections, http } from "./tcp.mjs";
import { Mailbox, sleep, within } from "./wait.mjs";

const program = process.env.SOCKETIO_SERVER;
export const is_reference = !program;

/** For `it(name, mended, fn)`: tests of quirks that ours mends and the reference has. */
export const mended = (why) => (is_reference ? { skip: `the reference server has this quirk: ${why}` } : {});

/** Short heartbeats and deadlines, so that what takes a minute in production takes a moment here. */
export const brisk = { ping_interval: 300, ping_timeout: 200, connect_timeout: 1000 };

/** For hostile tests: their sessions must end soon, but not while a busy machine is slow to answer. */
export const impatient = { ping_interval: 800, ping_timeout: 600, connect_timeout: 1200 };

/**
 * Starts a server for the surrounding describe and stops it afterwards. After each test every client goes away
 * and the counters must return to zero: no test may leave anything behind in the server.
 */
export function use_server(options = {}) {
  const server = new ServerUnderTest(options);
  before(() => server.start());
  afterEach(() => server.let_everybody_go());
  after(() => server.stop());
  return server;
}

/** Starts a server for one test that ends it itself; a failing test does not leave it behind. */
export function start_server(t, options = {}) {
  const server = new ServerUnderTest(options);
  t.after(() => server.process.kill("SIGKILL"));
  return server.start();
}

export class ServerUnderTest {
  constructor(options = {}) {
    this.options = options;
    this.observations = new Mailbox("the server's observations");
    this.stderr = "";
    this.marks = 0;
    this.trust = {}; // With the option `tls`: what its clients need, `{ ca, cert, key, servername }`.
  }

  async start() {
    const [command, args] = is_reference
      ? [process.execPath, [fileURLToPath(new URL("../reference_server.mjs", import.meta.url))]]
      : [program, []];
    this.process = spawn(command, [...args, JSON.stringify(this.options)], { stdio: "pipe" });
    this.exited = new Promise((resolve) => this.process.on("exit", (code, signal) => resolve({ code, signal })));
    this.process.stderr.on("data", (text) => (this.stderr += text));
    const listening = new Promise((resolve, reject) => {
      this.process.on("error", reject);
      this.exited.then(() => reject(new Error(`the server ended at once: ${this.stderr}`)));
      createInterface({ input: this.process.stdout }).on("line", (line) => {
        if (line.startsWith("listening ")) resolve(Number(line.slice(10)));
        else this.observations.push(JSON.parse(line));
      });
    });
    this.port = await within(listening, "the line `listening <port>`", 10_000);
    this.url = this.options.tls ? `https://localhost:${this.port}` : `http://127.0.0.1:${this.port}`;
    return this;
  }

  async stop() {
    this.process.stdin.end();
    const { code, signal } = await within(this.exited, () => `the server's exit; ${this.stderr}`).catch((error) => {
      this.process.kill("SIGKILL");
      throw error;
    });
    assert.equal(signal, null, `the server was killed by ${signal}: ${this.stderr}`);
    assert.equal(code, 0, `the server's exit status; its stderr: ${this.stderr}`);
  }

  async let_everybody_go() {
    disconnect_clients();
    destroy_connections();
    const left = new Set();
    for (const { ev, sid } of await this.all_observed({})) {
      if (ev === "engine_open") left.add(sid);
      if (ev === "engine_close") left.delete(sid);
    }
    if (this.options.tls) return this.idle(); // Its clients leave by themselves.
    // A server that allows older clients may have sessions of both revisions; the wrong one is refused.
    const farewells = [["EIO=4", "1"], ...(this.options.allow_eio3 ? [["EIO=3", "1:1"]] : [])];
    const path = (this.options.path ?? "/socket.io").replace(/\/$/, "");
    const slash = this.options.add_trailing_slash === false ? "" : "/";
    for (const sid of left) {
      for (const [revision, body] of farewells) {
        const query = `${revision}&transport=polling&sid=${sid}`;
        await http(this.port, { method: "POST", path: `${path}${slash}?${query}`, body });
      }
    }
    await this.idle();
  }

  /** The first observation not yet taken that has all the given fields, now or in time. */
  observed(fields, ms) {
    return this.observations.take((o) => has(o, fields), JSON.stringify(fields), ms);
  }

  /** Every observation so far with the given fields, after everything that has happened was printed. */
  async all_observed(fields) {
    const tag = `mark-${++this.marks}`;
    await this.control({ do: "mark", tag });
    await this.observed({ ev: "mark", tag });
    return this.observations.seen.filter((o) => has(o, fields));
  }

  /** Runs a control action; fails the test if the server refuses it. */
  async control(action) {
    const answer = await this.try_control(action);
    assert.equal(answer.ok, true, `${JSON.stringify(action)} -> ${answer.error}`);
    return answer;
  }

  try_control(action) {
    return this.#call("POST", "/__control", JSON.stringify(action));
  }

  counters() {
    return this.#call("GET", "/__counters");
  }

  /** Waits until the counters have these values: what an action asks for may have to reach another shard first. */
  async counts(expected, ms = 3000) {
    const end = Date.now() + ms;
    for (;;) {
      const c = await this.counters();
      if (Object.entries(expected).every(([name, value]) => c[name] === value)) return;
      if (Date.now() > end) assert.fail(`${JSON.stringify(expected)} expected, the server has ${JSON.stringify(c)}`);
      await sleep(10); // The counters have no event of their own.
    }
  }

  /** Waits until no session, socket or acknowledgement is left: the proof that a test leaks nothing. */
  async idle(ms = 3000) {
    const end = Date.now() + ms;
    for (;;) {
      const c = await this.counters();
      if (c.sessions === 0 && c.sockets === 0 && c.pending_acks === 0) {
        assert.deepEqual(c.transports, { polling: 0, websocket: 0 });
        return;
      }
      if (Date.now() > end) assert.fail(`the server still holds ${JSON.stringify(c)}`);
      await sleep(10); // The counters have no event of their own.
    }
  }

  #call(method, path, body) {
    const answered = new Promise((resolve, reject) => {
      // A fresh connection each time: a test may have made the server distrust an older one.
      const options = { method, path, port: this.port, host: "127.0.0.1", agent: false };
      const headers = body ? { "content-type": "application/json", "content-length": Buffer.byteLength(body) } : {};
      const ask = this.options.tls ? secure_request : request;
      const req = ask({ ...options, ...this.trust, headers }, (res) => {
        let text = "";
        res.setEncoding("utf8").on("data", (s) => (text += s)).on("end", () => {
          if (res.statusCode === 200) resolve(JSON.parse(text));
          else reject(new Error(`${method} ${path} -> ${res.statusCode} ${text}; ${this.stderr}`));
        });
      });
      req.on("error", (e) => reject(new Error(`${method} ${path}: ${e.message}; stderr: ${this.stderr}`)));
      req.end(body);
    });
    return within(answered, () => `${method} ${path} ${body ?? ""}; stderr: ${this.stderr}`);
  }
}

// Objects match when the wanted fields do; everything else must be equal.
function has(value, wanted) {
  if (wanted === null || typeof wanted !== "object" || Array.isArray(wanted)) return isDeepStrictEqual(value, wanted);
  if (value === null || typeof value !== "object") return false;
  return Object.entries(wanted).every(([key, part]) => has(value[key], part));
}
