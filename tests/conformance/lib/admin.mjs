// The official client in the place of the Admin UI's page.
import { connect, got } from "./client.mjs";

/** bcrypt of "correct horse", as cheap as it may be. */
export const account = {
  on_server: { username: "ann", password: "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e" },
  of_page: { username: "ann", password: "correct horse" },
};

export const commands = ["EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT"];

/** A page that has been told of all sockets. */
export async function connect_page(server, options) {
  const page = await connect(server, { nsp: "/admin", ...options });
  await got(page, "all_sockets");
  return page;
}

/** The arguments of the next event of this name that match. */
export const page_gets = async (page, event, match, ms) =>
  (await page.inbox.take((one) => one.event === event && match(...one.args), `${event} for the page`, ms)).args;

/** Everything that the page has got whose arguments match. */
export const all_of = (page, match) => page.inbox.seen.filter(({ args }) => args[0] && match(args));
