// Hostile HTTP: garbage, broken heads, smuggling, endless headers, slow and vanishing peers.
// No row: RFC 9112, and the promise that a malformed request harms nobody else.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hostile } from "./lib/hostile.mjs";
import { open_polling, polling_path } from "./lib/raw.mjs";
import { impatient, is_reference, use_server } from "./lib/server.mjs";
import { format_request, http, open_tcp } from "./lib/tcp.mjs";

const get = (path, more = "") => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const post = (path, headers, body = "") => `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;

describe("hostile HTTP", () => {
  const server = use_server({ ...impatient, max_http_buffer_size: 10_000 });

  /** Sends bytes; expects an error response or the end of the connection, but nothing like success. */
  async function refused(bytes) {
    const tcp = await open_tcp(server.port);
    tcp.write(bytes);
    const label = JSON.stringify(String(bytes).slice(0, 80));
    const answer = await Promise.race([tcp.read_response().catch(() => undefined), tcp.until_closed()]);
    if (answer) assert.ok(answer.status >= 400 && answer.status < 600, `${label} -> ${answer.status_line}`);
    tcp.destroy();
    return answer;
  }

  const broken_heads = {
    "no request at all": "\r\n\r\n\x00\x00\x00\r\n\r\n",
    "a TLS hello": Buffer.from("16030100a5010000a10303", "hex"),
    "binary noise": Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 7 + 128) & 0xff)),
    "no target": "GET\r\n\r\n",
    "no version": "GET /socket.io/\r\n\r\n",
    "a wrong version": "GET /socket.io/ HTTP/9.9\r\nHost: x\r\n\r\n",
    "a wrong protocol": "GET /socket.io/ SPDY/1.1\r\nHost: x\r\n\r\n",
    "an unknown method": "BREW /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n",
    "a space in the target": "GET /socket.io/ ?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n",
    "a zero byte in the target": "GET /socket.io/\x00?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n",
    "a header without a colon": get(polling_path(), "nonsense\r\n"),
    "a space before the colon": get(polling_path(), "x-a : b\r\n"),
    "an empty header name": get(polling_path(), ": b\r\n"),
    "a zero byte in a header": get(polling_path(), "x-a: b\x00c\r\n"),
    "a bare CR in a header": get(polling_path(), "x-a: b\rc\r\n"),
    "no Host": `GET ${polling_path()} HTTP/1.1\r\n\r\n`,
    "a target of 100 KB": get(`/socket.io/?EIO=4&transport=polling&x=${"y".repeat(100_000)}`),
    "a header of 100 KB": get(polling_path(), `x-a: ${"y".repeat(100_000)}\r\n`),
    "a header line without end": `GET ${polling_path()} HTTP/1.1\r\nx-a: ${"y".repeat(100_000)}`,
    "ten thousand headers": get(polling_path(), "a: b\r\n".repeat(10_000)),
  };
  const old_node = is_reference && Number(process.versions.node.split(".")[0]) < 20;
  const taken_by_old_node = ["a space before the colon", "an empty header name", "no Host"];
  for (const [what, bytes] of Object.entries(broken_heads)) {
    const skip = old_node && taken_by_old_node.includes(what) && "the HTTP parser of Node 18 takes it";
    hostile(server, `refuses ${what}`, () => refused(bytes), { skip });
  }

  const chunked = "Transfer-Encoding: chunked\r\n";
  const smuggled = get("/__counters");
  const broken_bodies = {
    "two different lengths": ["Content-Length: 2\r\nContent-Length: 3\r\n", "40x"],
    "a negative length": ["Content-Length: -1\r\n", ""],
    "a signed length": ["Content-Length: +2\r\n", "40"],
    "a length in hex": ["Content-Length: 0x2\r\n", "40"],
    "a list of lengths": ["Content-Length: 2, 3\r\n", "40x"],
    "an enormous length": ["Content-Length: 99999999999999999999999\r\n", "40"],
    "a length and chunks": [`Content-Length: 2\r\n${chunked}`, `0\r\n\r\n${smuggled}`],
    "chunks and a length": [`${chunked}Content-Length: 5\r\n`, `0\r\n\r\n${smuggled}`],
    "chunks that are not the last coding": ["Transfer-Encoding: chunked, identity\r\n", `0\r\n\r\n${smuggled}`],
    "an unknown coding": ["Transfer-Encoding: xchunked\r\n", `0\r\n\r\n${smuggled}`],
    "a chunk of negative size": [chunked, "-1\r\nx\r\n0\r\n\r\n"],
    "a chunk size in words": [chunked, "two\r\n40\r\n0\r\n\r\n"],
    "a chunk of enormous size": [chunked, "fffffffffffffffff\r\n40\r\n0\r\n\r\n"],
    "a chunk that is longer than it says": [chunked, "2\r\n4042\r\n0\r\n\r\n"],
    "a chunk extension without end": [chunked, `2;${"x".repeat(100_000)}`],
  };
  for (const [what, [headers, body]] of Object.entries(broken_bodies)) {
    hostile(server, `refuses a body with ${what}`, async () => {
      const session = await open_polling(server);
      await session.join();
      const tcp = await open_tcp(server.port);
      tcp.write(post(polling_path(session.sid), headers, body));
      const first = await tcp.read_response().catch(() => undefined);
      if (first) assert.ok(first.status >= 400, `${what} -> ${first.status_line} ${first.text}`);
      const rest = tcp.data.toString("latin1");
      assert.ok(!rest.includes("sessions"), `smuggled: ${rest}`);
      tcp.destroy();
      await session.leave();
    });
  }

  hostile(server, "takes a request byte by byte", async () => {
    const tcp = await open_tcp(server.port);
    await tcp.write_slowly(format_request({ path: polling_path() }));
    const { sid } = JSON.parse((await tcp.read_response()).text.slice(1));
    await tcp.write_slowly(format_request({ method: "POST", path: polling_path(sid), body: "1" }));
    assert.equal((await tcp.read_response()).text, "ok");
  });

  hostile(server, "answers pipelined requests in order on one connection", async () => {
    const tcp = await open_tcp(server.port);
    const paths = [polling_path(), "/nothing", polling_path("unknown"), "/socket.io/?transport=tube", polling_path()];
    tcp.write(Buffer.concat(paths.map((path) => format_request({ path }))));
    const answers = [];
    for (const _ of paths) answers.push(await tcp.read_response());
    assert.deepEqual(answers.map((r) => r.status), [200, 404, 400, 400, 200]);
    assert.deepEqual([answers[2], answers[3]].map((r) => JSON.parse(r.text).code), [1, 0]);
    for (const i of [0, 4]) {
      const { sid } = JSON.parse(answers[i].text.slice(1));
      await http(server.port, { method: "POST", path: polling_path(sid), body: "1" });
    }
  });

  hostile(server, "a request that is pipelined behind a waiting poll waits for its turn", async () => {
    const session = await open_polling(server);
    const socket = await session.join();
    const tcp = await open_tcp(server.port);
    const paths = [polling_path(session.sid), "/nothing"];
    tcp.write(Buffer.concat(paths.map((path) => format_request({ path }))));
    await server.all_observed({});
    await server.control({ do: "emit", socket, event: "x" });
    assert.equal((await tcp.read_response()).text, '42["x"]');
    assert.equal((await tcp.read_response()).status, 404);
    await session.leave();
  });

  hostile(server, "HTTP/1.0 and Connection: close end the connection after the answer", async () => {
    for (const head of [
      `GET /nothing HTTP/1.0\r\n\r\n`, `GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    ]) {
      const tcp = await open_tcp(server.port);
      tcp.write(head);
      assert.equal((await tcp.read_response()).status, 404);
      await tcp.until_closed();
    }
  });

  hostile(server, "a peer may vanish at any byte of a request", async () => {
    const whole = format_request({ method: "POST", path: polling_path("x"), headers: { "x-a": "b" }, body: "42[1]" });
    for (let cut = 0; cut <= whole.length; cut += 5) {
      const tcp = await open_tcp(server.port);
      tcp.write(whole.subarray(0, cut));
      if (cut % 2) tcp.destroy();
      else tcp.reset();
    }
  });

  hostile(server, "many connections that say nothing", async () => {
    const silent = await Promise.all(Array.from({ length: 200 }, () => open_tcp(server.port)));
    for (const tcp of silent) tcp.destroy();
  });

  hostile(server, "odd queries are refused or taken, but never crash", async () => {
    const queries = [
      "%", "%zz", "EIO=4&transport=polling&%", "EIO=4&transport=polling&x=%ff%fe%00", "&&&===", "EIO=4&transport",
      "EIO=4&transport=polling&sid=", "EIO=4&transport=polling&sid=__proto__", "EIO=4&transport=polling&sid=%00",
      `EIO=4&transport=polling&sid=${"s".repeat(5000)}`, "EIO=4&transport=polling&j=0&b64=1", "sid=constructor",
      `${"a=b&".repeat(1000)}EIO=4&transport=polling`,
    ];
    for (const query of queries) {
      const { status, text } = await http(server.port, { path: `/socket.io/?${query}` });
      assert.ok([200, 400].includes(status), `${query} -> ${status}`);
      if (status === 400) assert.ok([0, 1, 3].includes(JSON.parse(text).code), text);
    }
  });

  hostile(server, "other requests to upgrade are refused or ignored", async () => {
    for (const upgrade of ["h2c", "tube", "websocket2", "", "websocket, h2c"]) {
      const tcp = await open_tcp(server.port);
      const headers = { connection: "Upgrade", upgrade };
      tcp.write(format_request({ path: "/socket.io/?EIO=4&transport=websocket", headers }));
      const answer = await Promise.race([tcp.read_response().catch(() => undefined), tcp.until_closed()]);
      if (answer) assert.notEqual(answer.status, 101, upgrade);
      tcp.destroy();
    }
  });

  it("sessions that are opened and forgotten end by themselves", async () => {
    await Promise.all(Array.from({ length: 100 }, () => open_polling(server)));
    assert.equal((await server.counters()).sessions, 100);
    await server.idle(5000);
  });
});
