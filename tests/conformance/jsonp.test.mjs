// JSONP, the polling of clients that can only load scripts and submit forms, by hand and with the client's
// own escaping. Row HS-25 of the behaviour specification.
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { runInNewContext } from "node:vm";
import { polling_path, record_separator } from "./lib/raw.mjs";
import { use_server } from "./lib/server.mjs";
import { http } from "./lib/tcp.mjs";

/** Runs the script as a browser does; gives what the callback was called with, and its index. */
function run_script(text) {
  const calls = [];
  const ___eio = new Proxy([], { get: (_, index) => (payload) => calls.push({ index, payload }) });
  runInNewContext(text, { ___eio });
  assert.equal(calls.length, 1, text);
  return calls[0];
}

/** What engine.io-client 3 does with line breaks before it submits its form. */
const form = (payload) => `d=${encodeURIComponent(payload.replace(/\\n/g, "\\\\n").replace(/\n/g, "\\n"))}`;

describe("JSONP", () => {
  const opened = [];
  afterEach(async () => { // The sessions of these clients say goodbye in a form.
    for (const sid of opened.splice(0)) await post(sid, form("1"));
  });
  const server = use_server({ max_http_buffer_size: 400 });

  const get = (sid, j = 0) => http(server.port, { path: polling_path(sid, `&j=${j}`) });
  const post = (sid, body, j = 0) =>
    http(server.port, {
      method: "POST", path: polling_path(sid, `&j=${j}`), body,
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
  const opened_by = (script) => {
    const { sid } = JSON.parse(run_script(script).payload.slice(1));
    opened.push(sid);
    return sid;
  };
  const open = async () => opened_by((await get()).text);
  async function next(sid) {
    for (;;) {
      const packets = run_script((await get(sid)).text).payload.split(record_separator).filter((x) => x !== "2");
      if (packets.length > 0) return packets;
    }
  }

  it("HS-25 the handshake is a script that calls the callback with the payload", async () => {
    const response = await get(undefined, 7);
    assert.equal(response.status, 200);
    assert.equal(response.headers["content-type"], "text/plain; charset=UTF-8");
    assert.match(response.text, /^___eio\[7\]\("0\{.*\}"\);$/);
    const { index, payload } = run_script(response.text);
    opened_by(response.text);
    assert.equal(index, "7");
    assert.equal(JSON.parse(payload.slice(1)).maxPayload, 400);
    assert.equal(Number(response.headers["content-length"]), response.body.length);
  });

  it("HS-25 only the digits of the index reach the script", async () => {
    const injected = await get(undefined, "1];alert(2)//");
    assert.match(injected.text, /^___eio\[12\]\("0/);
    opened_by(injected.text);
  });

  it("HS-25 a form carries packets, and the answers are scripts", async () => {
    const sid = await open();
    const posted = await post(sid, form("40"));
    assert.equal(posted.status, 200);
    assert.equal(posted.text, "ok");
    assert.equal(posted.headers["content-type"], "text/html");
    assert.match((await next(sid))[0], /^40\{"sid":/);
    await post(sid, form('42["echo","a"]' + record_separator + '42["echo","b"]'));
    const got = await next(sid);
    if (got.length === 1) got.push(...(await next(sid)));
    assert.deepEqual(got, ['42["echo","a"]', '42["echo","b"]']);
  });

  it("HS-25 line breaks, quotes, separators and everything else survive both ways", async () => {
    const sid = await open();
    await post(sid, form("40"));
    await next(sid);
    for (const text of ["a\nb", "a\\nb", "\\", "\\\\n\n", '"', "\u2028\u2029", "€ ü 😀", "+ & = %", "</script>"]) {
      await post(sid, form(`42${JSON.stringify(["echo", text])}`));
      assert.deepEqual(JSON.parse((await next(sid))[0].slice(2)), ["echo", text]);
    }
    // A raw line break between the tokens of JSON.
    await post(sid, form('42["echo",\n1]'));
    assert.deepEqual(await next(sid), ['42["echo",1]']);
  });

  it("HS-25 binary travels as base64", async () => {
    const sid = await open();
    await post(sid, form("40"));
    await next(sid);
    await post(sid, form(`451-["echo",{"_placeholder":true,"num":0}]${record_separator}bAQID`));
    const got = await next(sid);
    if (got.length === 1) got.push(...(await next(sid)));
    assert.deepEqual(got, ['451-["echo",{"_placeholder":true,"num":0}]', "bAQID"]);
  });

  it("HS-25 a form without the field is answered and does nothing", async () => {
    const sid = await open();
    for (const body of ["", "x=1", "4hello", "d=4&d=4"]) {
      const answer = await post(sid, body);
      assert.equal(answer.status, 200, body);
      assert.equal(answer.text, "ok");
    }
    await post(sid, form("40"));
    assert.match((await next(sid))[0], /^40/);
  });

  it("HS-25 ER-10 the limit counts the form as it came", async () => {
    const sid = await open();
    await post(sid, form("40"));
    await next(sid);
    assert.equal((await post(sid, "d=" + "%41".repeat(133))).status, 413);
    assert.equal((await post(sid, form('42["note","' + "x".repeat(300) + '"]'))).status, 200);
    await server.observed({ ev: "note" });
  });

  it("HS-25 HS-21 a bad packet in a form ends the session", async () => {
    const sid = await open();
    assert.equal((await post(sid, form("x"))).text, "ok");
    const closed = await server.observed({ ev: "engine_close", sid });
    assert.equal(closed.reason, "parse error");
  });

  it("HS-25 errors stay JSON", async () => {
    const response = await get("unknown");
    assert.equal(response.status, 400);
    assert.deepEqual(JSON.parse(response.text), { code: 1, message: "Session ID unknown" });
  });
});
