// The Admin UI's namespace, with the official client in the place of the page: who may come in, and which options cannot work. The
// reference is @socket.io/admin-ui on the official server. Rows AU-01, AU-02.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { account } from "./lib/admin.mjs";
import { connect, got, make_client } from "./lib/client.mjs";
import { connect_packet, open_ws_session } from "./lib/raw.mjs";
import { mended, start_server, use_server } from "./lib/server.mjs";
import { wait_for_event } from "./lib/wait.mjs";

describe("the Admin UI's login", () => {
  const server = use_server({ admin: { auth: account.on_server, mode: "production" } });
  const refused = async (auth) => (await wait_for_event(make_client(server, { nsp: "/admin", auth }), "connect_error"))[0].message;

  it("AU-01 whoever knows the password is given a session, and told what he may do", async () => {
    const ws = await open_ws_session(server);
    ws.send(connect_packet("/admin", account.of_page));
    const packets = [await ws.next_message(), await ws.next_message(), await ws.next_message()];
    const [, id] = /^42\/admin,\["session","([0-9a-f]+)"\]$/.exec(packets.find((one) => one.includes("session")));
    assert.ok(id.length >= 16);
    const [connected, config] = packets.filter((one) => !one.includes("session"));
    assert.match(connected, /^40\/admin,\{"sid":"[A-Za-z0-9_-]{20}"\}$/);
    assert.equal(config, '42/admin,["config",{"supportedFeatures":' +
      '["EMIT","JOIN","LEAVE","DISCONNECT","MJOIN","MLEAVE","MDISCONNECT","AGGREGATED_EVENTS"]}]');
  });

  it("AU-01 the session comes when the page listens", mended("before the page is connected"), async () => {
    const ws = await open_ws_session(server);
    ws.send(connect_packet("/admin", account.of_page));
    assert.match(await ws.next_message(), /^40/);
  });

  it("AU-01 the session is as good as the password, and another one is not given", async () => {
    const first = make_client(server, { nsp: "/admin", auth: account.of_page });
    const [sessionId] = await got(first, "session");
    const second = await connect(server, { nsp: "/admin", auth: { sessionId } });
    await got(second, "config");
    assert.deepEqual(second.inbox.seen.filter(({ event }) => event === "session"), []);
    const third = make_client(server, { nsp: "/admin", auth: { sessionId: "0123456789abcdef", ...account.of_page } });
    assert.notEqual((await got(third, "session"))[0], sessionId);
  });

  it("AU-01 nobody else comes in", async () => {
    for (const auth of [
      undefined, {}, { sessionId: "0123456789abcdef" }, { ...account.of_page, password: "wrong" },
      { ...account.of_page, username: "eve" }, { username: "eve" },
    ]) {
      assert.equal(await refused(auth), "invalid credentials", JSON.stringify(auth));
    }
  });
});

describe("the Admin UI's login, hostile", () => {
  const server = use_server({ admin: { auth: account.on_server, mode: "production", failed_logins_max: 3 } });

  it("AU-01 what is no text is no password", mended("its process ends"), async () => {
    for (const auth of [{ username: "ann" }, { sessionId: {} }, { sessionId: ["a"] }, { username: "ann", password: 5 }, { username: 1, password: null }]) {
      const [error] = await wait_for_event(make_client(server, { nsp: "/admin", auth }), "connect_error");
      assert.equal(error.message, "invalid credentials");
    }
  });

  it("AU-01 passwords cannot be tried for ever", mended("tries are not counted"), async () => {
    const texts = [];
    for (let i = 0; i < 5; i++) {
      const client = make_client(server, { nsp: "/admin", auth: { ...account.of_page, password: `wrong ${i}` } });
      texts.push((await wait_for_event(client, "connect_error"))[0].message);
    }
    const [wrong, often] = ["invalid credentials", "too many attempts"];
    assert.deepEqual(texts, [wrong, wrong, wrong, often, often]);
    const [error] = await wait_for_event(make_client(server, { nsp: "/admin", auth: account.of_page }), "connect_error");
    assert.equal(error.message, often);
  });
});

describe("the Admin UI's options", () => {
  const fails = (t, admin, text) => assert.rejects(start_server(t, { admin }), text);

  it("AU-02 auth has to be said", (t) => fails(t, {}, /the `auth` option must be specified or explicitly set to `false`/));
  it("AU-02 a password is a bcrypt hash", mended("it looks at the cost only"), (t) =>
    fails(t, { auth: { username: "ann", password: "secret" } }, /the `password` field must be a valid bcrypt hash/));
  it("AU-02 a hash that takes for ever is none", mended("any cost will do"), (t) =>
    fails(t, { auth: { username: "ann", password: account.on_server.password.replace("$04$", "$31$") } }, /of a cost up to 16/));
  it("AU-02 what else cannot work", mended("nobody looks"), async (t) => {
    await fails(t, { auth: { password: account.on_server.password } }, /invalid `auth` option, please check the documentation/);
    await fails(t, { auth: false, namespace_name: "/" }, /namespace_name is "\/"/);
    await fails(t, { auth: false, page_bytes_max: 5 }, /page_bytes_max is 5, it must be at least 1024/);
  });
});
